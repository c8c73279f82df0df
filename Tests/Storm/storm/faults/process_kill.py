"""Processes die without a word."""

import asyncio

from storm.faults.fault import Fault, Hit
from storm.faults.victims import Turns, draw


class ProcessKill(Fault):
    """kill -9 of one replica of a service, or of two services at the same moment."""

    name = "kill"
    group = "process"
    recovery = "process"
    seconds = (0.0, 0.0)

    def __init__(self):
        self.turns = Turns()

    async def run(self, storm, random, seconds):
        victims = draw(storm.stack, self.turns, random, random.choice((1, 2, 2)))
        hits = await asyncio.gather(*(self._kill(storm.stack, replica) for replica in victims))
        return [hit for hit in hits if hit]

    async def _kill(self, stack, replica):
        pid = replica.pid
        if not await stack.kill(replica):
            return None
        return Hit(replica.name, 1, f"process {pid}")
