"""The simulated chain's control API, and what all faults of the chain have in common."""

import abc
import collections

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end

USUAL_GOSSIP_MILLISECONDS = 100
#: What the simulator counts when it is told to do it.
COMMANDS = frozenset(["forget", "split", "join_main", "join_fork"])


class ChainRefused(Exception):
    """The simulator will not do what it was told, such as end a fork that has ended by itself."""


class ChainControl:
    """`/sim/…` of the simulator. No fault ever touches it."""

    def __init__(self, simulator):
        self.simulator = simulator

    async def get(self, path, /):
        return await self.simulator.get(f"/sim/{path}")

    async def post(self, path, /, **fields):
        try:
            return await self.simulator.post(f"/sim/{path}", fields)
        except RuntimeError as error:
            if " answered 400: " not in str(error):
                raise
            raise ChainRefused(str(error)) from error

    async def fired(self):
        """How often what has happened to which node; 0: to all."""
        events = (await self.get("faults/fired"))["events"]
        counts = collections.Counter()
        for event in events:
            counts[event["name"], event.get("node", 0)] += event["count"]
        return counts

    async def calm(self):
        """Everything is as it was before any fault."""
        await self.post("faults/clear")
        await self.post("nodes/lag", blocks=0)
        await self.post("nodes/gossip", ms=USUAL_GOSSIP_MILLISECONDS)
        await self.post("blocks/stall", intervals=0)
        await self.post("blocks/empty", blocks=0)
        await self.end_fork("main")

    async def end_fork(self, winner):
        """False: there was none. The chain gives a fork up by itself before it would be solid."""
        if not (await self.get("status"))["forked"]:
            return False
        try:
            await self.post("forks/resolve", winner=winner)
        except ChainRefused:
            return False
        return True


class ChainFault(Fault):
    """One fault of the chain: `act` breaks it; counting the hits and putting it right are the same for all."""

    group = "chain"

    @abc.abstractmethod
    async def act(self, chain, random, seconds):
        """Breaks something through `chain` (a ChainControl) for about `seconds`. It need not put anything back."""

    async def run(self, storm, random, seconds):
        chain = ChainControl(storm.stack.tron_sim)
        before = await chain.fired()
        try:
            await self.act(chain, random, seconds)
        finally:
            await to_the_end(chain.calm())
        return hits_of(await chain.fired() - before)


def hits_of(counts):
    """A `Hit` for each node, with what happened to it. That a command was carried out is no hit: somebody was shown
    another chain, or transactions were in blocks that were replaced."""
    by_node = collections.defaultdict(dict)
    for (name, node), count in sorted(counts.items()):
        if name not in COMMANDS and not name.startswith("reorganisation_"):
            by_node[node][name] = count
    return [
        Hit(f"tron-{node}" if node else "tron", sum(names.values()), ", ".join(f"{n} {c}" for n, c in names.items()))
        for node, names in sorted(by_node.items())]
