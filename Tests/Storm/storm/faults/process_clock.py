"""A process whose clock is wrong. No process clock may decide anything."""

import asyncio
import datetime
import json
import pathlib
import shutil
import time

from storm.faults.fault import Fault, Hit
from storm.faults.log_tail import LogTail
from storm.faults.undo import to_the_end
from storm.faults.victims import Claims, Turns, is_whole, tell_load

#: Seconds: an hour and a lease too slow; a lease, an hour and a day too fast.
OFFSETS = (-3600, -90, 90, 3600, 86_400)
SOURCE = pathlib.Path(__file__).parents[2] / "clock" / "clock_offset.c"
COMPILE_SECONDS_MAX = 60
#: Between a moment and the line of a log that tells of it.
TOLERANCE_SECONDS = 5


class ProcessClock(Fault):
    """One replica is replaced by one whose clock is wrong, and later by one whose clock is right again.

    Only the time of day is wrong. A clock that measures durations does not depend on it, on any machine.
    """

    name = "clock"
    group = "clock"
    recovery = "process"
    seconds = (20.0, 60.0)
    seconds_short = (6.0, 12.0)

    def __init__(self):
        self.turns = Turns()

    async def run(self, storm, random, seconds):
        library = await built(storm.settings.data / "storm")
        stack = storm.stack
        service = self.turns.take(random, lambda name: is_whole(stack, name))
        if service is None:
            return []
        offset = random.choice(OFFSETS)
        replica = random.choice(stack.replicas(service))
        with Claims.of(stack).on(service):
            before = set(stack.replicas(service)) - {replica}
            try:
                await stack.remove_replica(replica)
                return await self._wrong(storm, service, offset, library, seconds)
            finally:
                await to_the_end(self._put_right(storm, service, before))

    async def _wrong(self, storm, service, offset, library, seconds):
        stack, began = storm.stack, time.time()
        tails = {path: LogTail(path) for path in stack.log_folder.glob(f"{service}-*.log")}
        replica = await stack.add_replica(
            service, {"LD_PRELOAD": str(library), "CLOCK_OFFSET_SECONDS": str(offset)},
            ready_seconds=storm.settings.ready_seconds_max)
        await tell_load(storm, service)
        await asyncio.sleep(seconds)
        path = stack.log_folder / f"{replica.name}.log"
        lines = tails.get(path, LogTail(path, start=0)).lines()
        count = lines_between(lines, began + offset, time.time() + offset)
        return [Hit(replica.name, count, f"{offset:+} s, as {count} lines of its log say")] if count else []

    async def _put_right(self, storm, service, others):
        stack = storm.stack
        for replica in set(stack.replicas(service)) - others:
            await stack.remove_replica(replica)
        await stack.add_replica(service, ready_seconds=storm.settings.ready_seconds_max)
        await tell_load(storm, service)


async def built(folder):
    """The library that makes a program see another time of day: compiled when it is first needed."""
    library = folder / SOURCE.with_suffix(".so").name
    if library.exists():
        return library
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise FileNotFoundError("the clock's fault needs a C compiler: install one (apt-get install gcc libc6-dev)")
    draft = library.with_suffix(".draft")
    process = await asyncio.create_subprocess_exec(
        compiler, "-O2", "-shared", "-fPIC", "-o", draft, SOURCE, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(COMPILE_SECONDS_MAX):
        _, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{SOURCE.name} does not compile: {errors.decode(errors='replace')[-2000:]}")
    draft.rename(library)
    return library


def lines_between(lines, first, last):
    """How many lines of a service's log say that they were written between these moments."""
    moments = (moment_of(line) for line in lines)
    return sum(
        moment is not None and first - TOLERANCE_SECONDS <= moment <= last + TOLERANCE_SECONDS for moment in moments)


def moment_of(line):
    """When a line of a service's log says it was written; None for a line of another form."""
    try:
        return datetime.datetime.fromisoformat(json.loads(line)["time"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return None
