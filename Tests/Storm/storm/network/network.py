"""The run's side of the proxy."""

import asyncio
import json
import os
import pathlib
import socket
import sys

from storm.network.trouble import Trouble

#: The folder that has the package `storm`.
ROOT = pathlib.Path(__file__).resolve().parents[2]
ANSWER_SECONDS_MAX = 15.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024
STOP_SECONDS_MAX = 5.0


class NetworkError(Exception):
    """The proxy has refused a request, or is gone."""


class Network:
    """All traffic between the parts runs through links of this one. Troubles stay until they are cleared."""

    def __init__(self, process, reader, writer, log_file):
        self.process = process
        self.reader = reader
        self.writer = writer
        self.log_file = log_file
        self.turn = asyncio.Lock()
        self.requests = 0
        #: Where each link listens, by its name, such as "order-svc>redis".
        self.addresses = {}

    @staticmethod
    async def start(folder):
        """Starts the proxy; what it has to complain about goes to `network.log` in `folder`."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        log_file = folder / "network.log"
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with open(log_file, "ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "storm.network.proxy", str(theirs.fileno()), pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                    env={**os.environ, "PYTHONPATH": str(ROOT)})
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=ANSWER_BYTES_MAX)
        network = Network(process, reader, writer, log_file)
        # It runs when it has answered.
        await network.all_stats()
        return network

    @property
    def pid(self):
        return self.process.pid

    @property
    def links(self):
        return tuple(self.addresses)

    async def add_link(self, name, listen, connect):
        """Returns where it listens: with port 0 a free one was taken. The server need not be there yet."""
        address = await self.ask("add_link", link=name, listen=listen, connect=connect)
        self.addresses[name] = address
        return address

    async def set(self, link, trouble: Trouble):
        """Puts a link in trouble, in place of any other that it was in."""
        await self.ask("set", link=link, trouble=trouble.to_json())

    async def clear(self, link):
        await self.ask("clear", link=link)

    async def stats(self, link):
        """Since the start: `connections`, of these `open`, `bytes_up` (to the server), `bytes_down`, `chunks`,
        `troubled` (chunks and connections that a trouble has really hit), `unreachable` (the server was not there)."""
        return (await self.all_stats())[link]

    async def all_stats(self):
        return await self.ask("stats")

    async def stop(self):
        """Ends the proxy and every connection through it. May be called again."""
        self.writer.close()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise NetworkError(f"the proxy did not end within {STOP_SECONDS_MAX} s; see {self.log_file}") from None

    async def ask(self, what, **fields):
        if self.writer.is_closing():
            raise NetworkError(f"the proxy is stopped, and cannot answer {what!r}; see {self.log_file}")
        async with self.turn:
            self.requests += 1
            number = self.requests
            try:
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    self.writer.write(json.dumps({"id": number, "do": what, **fields}).encode() + b"\n")
                    reply = await self.reply(number)
            except (ConnectionError, TimeoutError) as error:
                raise NetworkError(f"the proxy did not answer {what!r} ({error!r}); see {self.log_file}") from error
        if "error" in reply:
            raise NetworkError(f"{what} {fields.get('link', '')}: {reply['error']}")
        return reply["answer"]

    async def reply(self, number):
        """The answer to this request; those before it were to requests whose asker was cancelled."""
        while True:
            line = await self.reader.readline()
            if not line:
                raise ConnectionResetError("it has ended")
            reply = json.loads(line)
            if reply["id"] == number:
                return reply
