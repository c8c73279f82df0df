"""More orders than the system is made for."""

import asyncio
import time

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end


class Overload(Fault):
    """Twice the usual rate: accepted work keeps its latency, the rest is refused with 429 or 503."""

    name = "overload"
    group = "load"
    recovery = "process"
    times_max = 1
    alone = True
    repeats = False
    seconds = (300.0, 300.0)
    seconds_short = (20.0, 20.0)
    factor = 2

    async def run(self, storm, random, seconds):
        load, settings, rate = storm.load, storm.settings, storm.settings.rate
        most = settings.overload_seconds
        seconds = most if settings.is_only(self.name) else min(seconds, most)
        began, sent = time.monotonic(), load.figures.get("sent", 0)
        try:
            await load.set_rate(self.factor * rate)
            await asyncio.sleep(seconds)
            more = load.figures.get("sent", 0) - sent - rate * (time.monotonic() - began)
        finally:
            await to_the_end(load.set_rate(rate))
        if more < 1:
            return []
        return [Hit("customers", int(more), f"orders beyond the usual {rate:g} a second")]
