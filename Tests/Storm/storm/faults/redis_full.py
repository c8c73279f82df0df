"""Redis has no room left: on the disk, or in its memory."""

import asyncio
import pathlib
import time

from redis.exceptions import ConnectionError as RedisConnectionError

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end
from storm.stack.waiting import until

#: How often it is looked at whether the limit still holds.
LOOK_SECONDS = 0.5


class RedisDiskFull(Fault):
    """The append-only file may not grow: Redis refuses writes with MISCONF until it may again."""

    name = "redis_disk_full"
    group = "redis"
    recovery = "server"
    seconds = (4.0, 15.0)
    seconds_short = (3.0, 6.0)

    async def run(self, storm, random, seconds):
        server = storm.stack.redis
        async with server.client() as client:
            before = await refusals(client, "MISCONF")
            try:
                refused = await self._full(server, client, seconds) - before
            finally:
                await to_the_end(self._lift(server))
        return [Hit("redis", refused, "commands refused with MISCONF")] if refused > 0 else []

    async def _full(self, server, client, seconds):
        deadline = time.monotonic() + seconds
        file = await append_only_file(client)
        server.limit_file_size(file.stat().st_size)
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            # A rewrite begins a new file, which is small again.
            latest = await append_only_file(client)
            if latest != file:
                file = latest
                server.limit_file_size(file.stat().st_size)
        return await refusals(client, "MISCONF")

    async def _lift(self, server):
        server.limit_file_size(None)
        await server.start()
        async with server.client() as client:
            await until(lambda: writes_again(client), 15, "Redis to write its append-only file again")


class RedisMemoryFull(Fault):
    """`maxmemory` is just what is used: Redis refuses whatever needs more with OOM."""

    name = "redis_maxmemory"
    group = "redis"
    recovery = "server"
    seconds = (4.0, 15.0)
    seconds_short = (3.0, 6.0)
    #: So much more than what is used is left at first.
    spare_bytes = 64 * 1024

    async def run(self, storm, random, seconds):
        async with storm.stack.redis.client() as client:
            usual = (await client.config_get("maxmemory"))["maxmemory"]
            before = await refusals(client, "OOM")
            try:
                refused = await self._full(client, seconds, before) - before
            finally:
                await to_the_end(client.config_set("maxmemory", usual))
        return [Hit("redis", refused, "commands refused with OOM")] if refused > 0 else []

    async def _full(self, client, seconds, before):
        deadline = time.monotonic() + seconds
        spare, refused = self.spare_bytes, before
        while time.monotonic() < deadline:
            # What is used falls when streams are trimmed: the limit follows until something was refused.
            if refused == before:
                used = (await client.info("memory"))["used_memory"]
                await client.config_set("maxmemory", used + spare)
                spare //= 2
            await asyncio.sleep(LOOK_SECONDS)
            refused = await refusals(client, "OOM")
        return refused


async def refusals(client, code):
    """How many commands Redis has refused with this error since it started."""
    return (await client.info("errorstats")).get(f"errorstat_{code}", {"count": 0})["count"]


async def append_only_file(client):
    """The part of the append-only file that grows at present."""
    names = await client.config_get("dir", "appenddirname", "appendfilename")
    folder = pathlib.Path(names["dir"]) / names["appenddirname"]
    parts = folder.glob(f"{names['appendfilename']}.*.incr.aof")
    return max(parts, key=lambda path: int(path.name.split(".")[-3]))


async def writes_again(client):
    try:
        return (await client.info("persistence"))["aof_last_write_status"] == "ok"
    except RedisConnectionError:
        return False
