"""Redis goes away and comes back."""

import asyncio
import time

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end


class RedisKill(Fault):
    """kill -9: what was not yet synced to the append-only file may be gone."""

    name = "redis_kill"
    group = "redis"
    recovery = "server"
    seconds = (0.0, 3.0)

    async def run(self, storm, random, seconds):
        return await away(storm.stack.redis, storm.stack.redis.kill, seconds)


class RedisRestart(Fault):
    """SIGTERM, and started again: nothing is lost, all connections are."""

    name = "redis_restart"
    group = "redis"
    recovery = "server"
    seconds = (0.0, 2.0)

    async def run(self, storm, random, seconds):
        return await away(storm.stack.redis, storm.stack.redis.terminate, seconds)


async def away(server, stop, seconds):
    """Stops a server, waits, starts it. The hit is that another process serves now."""
    began, pid = time.monotonic(), server.pid
    try:
        await to_the_end(stop())
        await asyncio.sleep(seconds)
    finally:
        await to_the_end(server.start())
    if server.pid == pid:
        return []
    return [Hit("redis", 1, f"away for {time.monotonic() - began:.1f} s")]
