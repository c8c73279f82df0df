"""Nodes that disagree about the chain."""

import asyncio
import time

from storm.faults.chain_control import ChainFault, ChainRefused, hits_of

#: Forks go on for so much longer, at most, until one was seen: one that nobody asks and that loses is none. After the
#: usual time the fork wins each time, which everybody sees.
LONGER_SECONDS_MAX = 20.0
CONTENTS = ("return", "lose", "reverse")


class ChainFork(ChainFault):
    """One node sees other blocks than the rest; then one side wins. Several times in a row."""

    name = "chain_fork"
    seconds = (4.0, 15.0)
    seconds_short = (4.0, 8.0)

    async def act(self, chain, random, seconds):
        status, before = await chain.get("status"), await chain.fired()
        interval = status["interval"] / 1000
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 or (
                left > -LONGER_SECONDS_MAX and not hits_of(await chain.fired() - before)):
            # A fork is given up before its first block would be solid.
            blocks = random.randint(1, status["solid_after"] // 2)
            node = random.randint(1, len(status["nodes"]))
            await unless_solid(
                chain.post("forks", node=node, blocks=blocks, transactions=random.choice(CONTENTS)))
            await asyncio.sleep(interval * random.uniform(1, status["solid_after"] - blocks - 1))
            await chain.end_fork(random.choice(("main", "fork")) if left > 0 else "fork")
            await asyncio.sleep(interval * random.uniform(0, 4))


class ChainReorganise(ChainFault):
    """The last blocks of all nodes are replaced: what was in them waits again, is lost, or comes in another order."""

    name = "chain_reorganise"
    seconds = (3.0, 15.0)
    seconds_short = (3.0, 8.0)

    async def act(self, chain, random, seconds):
        status = await chain.get("status")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            blocks, contents = random.randint(1, status["solid_after"] - 2), random.choice(CONTENTS)
            await unless_solid(chain.post("blocks/reorganise", blocks=blocks, transactions=contents))
            if contents == "lose" and random.random() < 0.5:
                # Nodes that do not remember a lost transaction take the same bytes again. From others it has to expire.
                await chain.post("nodes/forget")
            await asyncio.sleep(status["interval"] / 1000 * random.uniform(2, status["solid_after"]))


class ChainLag(ChainFault):
    """Nodes answer from some blocks behind, one of them or all; what is sent to one reaches the others late."""

    name = "chain_lag"
    seconds = (5.0, 25.0)
    seconds_short = (4.0, 8.0)

    async def act(self, chain, random, seconds):
        nodes = len((await chain.get("status"))["nodes"])
        if random.random() < 0.3:
            # All of them, by little: otherwise no order could be delivered at all.
            await chain.post("nodes/lag", blocks=random.randint(1, 6))
        else:
            for node in random.sample(range(1, nodes + 1), random.randint(1, nodes - 1) if nodes > 1 else 1):
                await chain.post("nodes/lag", node=node, blocks=random.randint(2, 80))
        await chain.post("nodes/gossip", ms=random.randint(100, 2_000))
        await asyncio.sleep(seconds)


class ChainStall(ChainFault):
    """No blocks for a while, and then some that hold nothing."""

    name = "chain_stall"
    seconds = (3.0, 25.0)
    seconds_short = (3.0, 6.0)

    async def act(self, chain, random, seconds):
        interval = (await chain.get("status"))["interval"] / 1000
        await chain.post("blocks/stall", intervals=max(1, int(seconds / interval)))
        await asyncio.sleep(seconds)
        empty = random.randint(0, 6)
        await chain.post("blocks/stall", intervals=0)
        await chain.post("blocks/empty", blocks=empty)
        await asyncio.sleep(interval * empty)


async def unless_solid(posting):
    """Just after one reorganisation fewer blocks can be taken back than usual: then another attempt comes later."""
    try:
        await posting
    except ChainRefused as refusal:
        if "solid" not in str(refusal):
            raise
