"""A service grows and shrinks while it works."""

import asyncio

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end
from storm.faults.victims import Claims, Turns, is_whole, tell_load


class ProcessScale(Fault):
    """Replicas are added up to the most there may be, then taken away gracefully down to one, then it is as it was."""

    name = "scale"
    group = "process"
    recovery = "process"
    #: Whoever is taken away finishes what it has begun.
    repeats = False
    seconds = (20.0, 60.0)
    seconds_short = (6.0, 12.0)

    def __init__(self):
        self.turns = Turns()

    async def run(self, storm, random, seconds):
        stack = storm.stack
        service = self.turns.take(random, lambda name: is_whole(stack, name))
        if service is None:
            return []
        hits = []
        with Claims.of(stack).on(service):
            before = len(stack.replicas(service))
            try:
                await self._resize(storm, service, storm.settings.replicas_max, random, hits)
                await asyncio.sleep(seconds / 2)
                await self._resize(storm, service, 1, random, hits)
                await asyncio.sleep(seconds / 2)
            finally:
                await to_the_end(self._resize(storm, service, before, random, []))
        return hits

    async def _resize(self, storm, service, count, random, hits):
        """One replica after another, as an operator does it."""
        stack = storm.stack
        while len(stack.replicas(service)) < count:
            replica = await stack.add_replica(service, ready_seconds=storm.settings.ready_seconds_max)
            hits.append(Hit(replica.name, 1, "added"))
            await tell_load(storm, service)
        while len(stack.replicas(service)) > count:
            replica = random.choice(stack.replicas(service))
            await stack.remove_replica(replica)
            hits.append(Hit(replica.name, 1, "taken away"))
            await tell_load(storm, service)
