"""The load as the run sees it: a process of its own, so that neither's work delays the other's clock."""

import asyncio
import json
import os
import pathlib
import sys

from storm.settings import settings_fields

#: Of one line between the two.
LINE_BYTES_MAX = 1 << 20
#: A command other than settle is carried out within this; settle gets that much more than it was told.
COMMAND_SECONDS_MAX = 20.0
#: A busy machine takes its time to read all the modules.
START_SECONDS_MAX = 60.0


class LoadError(Exception):
    """The load process did not do what it was told, or has ended."""


class LoadProcess:
    """One at a time obeys: commands wait for each other."""

    def __init__(self, process, history_path, log):
        self.process = process
        #: What the customers did and saw.
        self.history_path = history_path
        self.log = log
        #: The latest, by name; see storm.load.figures and storm.load.kind.
        self.figures = {}
        self.replies = asyncio.Queue()
        self.lock = asyncio.Lock()
        self.reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, settings, world, folder):
        """`world` is the stack's, with `to_json()`; its file, the history and the log stand in `folder`."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        world_path, history_path = folder / "world.json", folder / "load.jsonl"
        with open(os.open(world_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(world.to_json(), file)
        log = open(folder / "load.log", "ab")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "storm.load", str(world_path), str(history_path), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=log, limit=LINE_BYTES_MAX, env=environment(),
            start_new_session=True)
        load = cls(process, history_path, log)
        try:
            await load._say({"settings": settings_fields(settings)}, "start", START_SECONDS_MAX)
        except BaseException:
            await load._end()
            raise
        return load

    async def set_rate(self, orders_per_second):
        await self._command("rate", orders_per_second)

    async def set_gateways(self, gateways):
        """These are there now: each with `name` and `url`."""
        await self._command("gateways", gateways)

    async def mark(self, at):
        """From now on `overdue_since_mark` of the figures is about those who came after this moment."""
        await self._command("mark", at)

    async def settle(self, timeout):
        """No new traffic; what was begun is finished. Returns how many arrivals did not come to their end in time."""
        return await self._command("settle", timeout, timeout + COMMAND_SECONDS_MAX)

    async def stop(self):
        """Ends the process; it may have ended before."""
        if self.process.returncode is None and not self.reading.done():
            await self._command("stop")
        await self._end()

    @property
    def has_ended(self):
        """Whether nobody orders any more, although nobody said so."""
        return self.reading.done()

    # ---------------------------------------------------------------- inside

    async def _end(self):
        """The end of its input ends the process."""
        if self.process.returncode is None:
            self.process.stdin.close()
            try:
                await asyncio.wait_for(self.process.wait(), COMMAND_SECONDS_MAX)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self.reading
        self.log.close()

    async def _command(self, command, value=None, seconds=COMMAND_SECONDS_MAX):
        return await self._say({"command": command, "value": value}, command, seconds)

    async def _say(self, line, name, seconds):
        async with self.lock:
            if self.reading.done():
                raise LoadError(f"The load has ended by itself; its last words are in {self.log.name}.")
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            try:
                reply = await asyncio.wait_for(self.replies.get(), seconds)
            except TimeoutError:
                raise LoadError(f"The load did not answer '{name}' within {seconds:.0f} s.") from None
        if reply is None or reply["reply"] != name or "error" in reply:
            raise LoadError(f"The load did not do '{name}': {reply}. Its log is {self.log.name}.")
        return reply["value"]

    async def _read(self):
        while line := await self.process.stdout.readline():
            fields = json.loads(line)
            if "figures" in fields:
                self.figures = fields["figures"]
            else:
                self.replies.put_nowait(fields)
        # Whoever waits for a reply waits for nothing.
        self.replies.put_nowait(None)


def environment():
    """The load finds this package wherever the run was started."""
    here = str(pathlib.Path(__file__).parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
