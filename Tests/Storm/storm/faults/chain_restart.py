"""The simulated chain itself dies."""

import time

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end


class ChainRestart(Fault):
    """kill -9 of all nodes at once, then a start: the chain is in their journal, what waited for a block is not."""

    name = "chain_restart"
    group = "chain"
    seconds = (0.0, 3.0)

    async def run(self, storm, random, seconds):
        began = time.monotonic()
        await to_the_end(storm.stack.restart_simulator("tron-sim", seconds))
        return [Hit("tron-sim", 1, f"away for {time.monotonic() - began:.1f} s")]
