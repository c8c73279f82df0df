"""Redis goes away and comes back."""

from storm.faults.fault import Fault
from storm.faults.server_away import away


class RedisKill(Fault):
    """kill -9: what was not yet synced to the append-only file may be gone."""

    name = "redis_kill"
    group = "redis"
    recovery = "server"
    seconds = (0.0, 3.0)

    async def run(self, storm, random, seconds):
        return await away("redis", storm.stack.redis, storm.stack.redis.kill, seconds)


class RedisRestart(Fault):
    """SIGTERM, and started again: nothing is lost, all connections are."""

    name = "redis_restart"
    group = "redis"
    recovery = "server"
    seconds = (0.0, 2.0)

    async def run(self, storm, random, seconds):
        return await away("redis", storm.stack.redis, storm.stack.redis.terminate, seconds)
