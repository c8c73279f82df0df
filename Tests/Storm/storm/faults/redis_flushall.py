"""Everything in Redis is gone at once."""

from storm.faults.fault import Fault, Hit


class RedisFlushall(Fault):
    """FLUSHALL: streams, groups, consumers, locks. What the outboxes hold is sent again."""

    name = "redis_flushall"
    group = "redis"
    recovery = "server"
    times_max = 1
    seconds = (0.0, 0.0)

    async def run(self, storm, random, seconds):
        async with storm.stack.redis.client() as client:
            keys = await client.dbsize()
            await client.flushall()
        return [Hit("redis", keys, "keys gone")] if keys else []
