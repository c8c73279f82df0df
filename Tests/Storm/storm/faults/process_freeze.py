"""Processes stand still and wake up later, believing that nothing has happened."""

import asyncio
import pathlib

from storm.faults.fault import Fault, Hit
from storm.faults.victims import Turns, draw


class ProcessFreeze(Fault):
    """SIGSTOP and SIGCONT: shorter and longer than a lease, so that a sleeper wakes up to find its work taken over."""

    name = "freeze"
    group = "process"
    recovery = "process"
    seconds = (1.0, 45.0)
    seconds_short = (1.0, 9.0)

    def __init__(self):
        self.turns = Turns()

    async def run(self, storm, random, seconds):
        victims = draw(storm.stack, self.turns, random, random.choice((1, 1, 2)))
        seconds = min(seconds, storm.settings.freeze_seconds_max)
        hits = []
        try:
            for replica in victims:
                storm.stack.freeze(replica)
            await asyncio.sleep(seconds)
            hits = [Hit(victim.name, 1, f"{seconds:.1f} s") for victim in victims if is_stopped(victim.pid)]
        finally:
            for replica in victims:
                storm.stack.thaw(replica)
        return hits


def is_stopped(pid):
    """Whether the kernel says so. A process that has died meanwhile was not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    # The state follows the program's name, which stands in brackets and may hold any character.
    return stat.rpartition(")")[2].split()[0] == "T"
