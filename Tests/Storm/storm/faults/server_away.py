"""A server goes away and comes back."""

import asyncio
import time

from storm.faults.fault import Hit
from storm.faults.undo import to_the_end


async def away(name, server, stop, seconds):
    """Stops a server, waits, starts it. The hit is that another process serves now."""
    began, pid = time.monotonic(), server.pid
    try:
        await to_the_end(stop())
        await asyncio.sleep(seconds)
    finally:
        await to_the_end(server.start())
    if server.pid == pid:
        return []
    return [Hit(name, 1, f"away for {time.monotonic() - began:.1f} s")]
