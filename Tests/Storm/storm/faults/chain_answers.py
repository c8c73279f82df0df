"""Nodes fail, and nodes lie."""

import asyncio

from storm.faults.chain_control import ChainFault

#: Modes of the simulator after which a caller knows that something went wrong.
ERRORS = (
    "http_429", "http_403", "http_503", "suspended", "http_500", "error", "overloaded", "busy", "delay", "slow",
    "drop_before", "drop_after", "cut", "hang")
#: Answers that are not true, of broadcasts and of reads.
BROADCAST_LIES = (
    "accept_and_drop", "accept_and_time_out", "accept_and_cut", "other_error", "tapos_error", "no_connection",
    "not_enough_effective_connection", "block_unsolidified")
SEED_END = 2**31
#: A suspended client is told to stay away for at most so long: it obeys, and that is no time to recover.
SUSPENSION_SECONDS_MAX = 5


class ChainErrors(ChainFault):
    """A mix of errors, on one node or on all: refusals, broken pages, silence, work done and its answer lost."""

    name = "chain_errors"
    seconds = (5.0, 25.0)
    seconds_short = (4.0, 8.0)

    async def act(self, chain, random, seconds):
        nodes = len((await chain.get("status"))["nodes"])
        for mode in random.sample(ERRORS, random.randint(2, 5)):
            fault = {
                "path": random.choice(("*", "*", "broadcast", "read", "solid")), "mode": mode,
                "probability": round(random.uniform(0.1, 0.5), 2), "seed": random.randrange(SEED_END),
                "seconds": random.randint(1, SUSPENSION_SECONDS_MAX), "delay_ms": random.randint(200, 6_000)}
            if random.random() < 0.6:
                fault["node"] = random.randint(1, nodes)
            await chain.post("faults", **fault)
        await asyncio.sleep(seconds)


class ChainLies(ChainFault):
    """Transactions that were accepted and thrown away, or refused and sent; blocks that are said to be empty."""

    name = "chain_lies"
    seconds = (5.0, 25.0)
    seconds_short = (4.0, 8.0)

    async def act(self, chain, random, seconds):
        for mode in random.sample(BROADCAST_LIES, random.randint(2, 4)):
            await chain.post(
                "faults", path="broadcast", mode=mode, probability=round(random.uniform(0.1, 0.4), 2),
                seed=random.randrange(SEED_END), delay_ms=random.randint(1_000, 6_000))
        for path in ("read", "solid"):
            await chain.post(
                "faults", path=path, mode="stale", probability=round(random.uniform(0.1, 0.4), 2),
                seed=random.randrange(SEED_END), delay_ms=random.randint(1_000, 8_000))
        # Nodes forget what they were handed: the same bytes are no duplicate to them then.
        for _ in range(2):
            await asyncio.sleep(seconds / 2)
            await chain.post("nodes/forget")
