"""Looks at processes, streams and tables every few seconds and writes `sample` lines into the history.

Names of figures: `what/whose`. `rss_bytes`, `cpu_seconds`, `threads`, `descriptors`, `pid` of each replica, Redis and
the simulators; `rss_bytes/postgres` is what its processes have for themselves. `stream_length`, `dead` by topic; `lag`,
`pending` by topic and group. `outbox_overdue` by service. `counter/NAME` or `counter/NAME/TOPIC GROUP`: of the
services' metrics, over all lives of all processes since the run began. `missed/redis`, `missed/postgres`: looks that
failed. Deaths of processes are written as `death` lines, as they are noticed.
"""

import asyncio
import dataclasses
import time

import aiohttp
import psycopg
import redis

from storm.checks.topics import TOPICS, dead_key, stream_key, union
from storm.proc import private_bytes, process_figures
from storm.prometheus import Totals

COUNTERS = tuple(
    f"energy_bus_{name}_total" for name in (
        "handled", "duplicates", "taken_over", "retried", "failed", "parked", "dead", "lost", "leases_lost", "resent",
        "groups_recreated", "published", "publish_errors", "overdue", "effects_retried", "effects_dead",
        "effects_lease_lost"))

#: Operators' own streams are empty but for a moment.
_WATCHED = tuple(topic for topic in TOPICS if not topic.endswith(".bus"))

_OVERDUE = union(
    "select '{service}', count(*) from {schema}.outbox_queue where available_at < clock_timestamp() - interval '2 s'")


class Sampler:
    def __init__(self, stack, history, settings):
        self.stack = stack
        self.history = history
        self.settings = settings
        self.totals = Totals(COUNTERS)
        self.missed = {"redis": 0, "postgres": 0}
        #: Defects of the sampler itself: the sample in which one came up is missing.
        self.errors = []
        self._deaths_told = 0
        self._task = None
        self._web = None
        self._redis = None
        self._postgres = None

    async def start(self):
        #: A frozen process does not answer: it is waited for no longer than until the next look.
        limit = aiohttp.ClientTimeout(total=self.settings.sample_seconds / 2)
        self._web = aiohttp.ClientSession(timeout=limit)
        self._redis = self.stack.redis.client()
        self._task = asyncio.create_task(self._run(), name="samples")

    async def stop(self):
        """Takes a last sample. May be called again."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._try_sample()
        await self._web.close()
        await self._redis.aclose()
        if self._postgres is not None:
            await self._postgres.close()

    async def _run(self):
        while True:
            began = time.monotonic()
            await self._try_sample()
            await asyncio.sleep(max(0.1, self.settings.sample_seconds - (time.monotonic() - began)))

    async def _try_sample(self):
        self.tell_deaths()
        try:
            await self._sample()
        except Exception as error:
            self.errors.append(error)

    def tell_deaths(self):
        """Writes down those that have happened since the last time."""
        for death in self.stack.deaths[self._deaths_told:]:
            self.history.write("storm", "death", **dataclasses.asdict(death))
            self._deaths_told += 1

    async def _sample(self):
        figures = self._processes()
        parts = await asyncio.gather(
            self._limited("redis", self._look_at_redis()), self._limited("postgres", self._look_at_postgres()),
            self._counters())
        for part in parts:
            figures.update(part)
        figures.update({f"missed/{name}": count for name, count in self.missed.items()})
        self.history.write("storm", "sample", figures=figures)

    # ---------------------------------------------------------------- parts

    def _processes(self):
        figures = {}
        for part in (*self.stack.replicas(), self.stack.redis, self.stack.tron_sim, self.stack.telegram_sim):
            seen = process_figures(part.pid) if part.pid else None
            if seen:
                figures.update({f"{what}/{part.name}": value for what, value in seen.items()})
                figures[f"pid/{part.name}"] = part.pid
        backends = self.stack.postgres.pids()
        if backends:
            figures["rss_bytes/postgres"] = sum(private_bytes(pid) for pid in backends)
            figures["processes/postgres"] = len(backends)
        return figures

    async def _limited(self, name, look):
        """The storm may have hit the server just now: then this look is missed, and counted."""
        try:
            async with asyncio.timeout(self.settings.sample_seconds):
                return await look
        except (redis.RedisError, psycopg.Error, OSError, TimeoutError):
            self.missed[name] += 1
            if name == "postgres":
                self._postgres = None
            return {}

    async def _look_at_redis(self):
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.info("memory")
            for topic in _WATCHED:
                pipeline.xlen(stream_key(topic))
                pipeline.xlen(dead_key(topic))
                pipeline.xinfo_groups(stream_key(topic))
            # A stream that is not there has no groups to tell of: an error of that one command.
            answers = await pipeline.execute(raise_on_error=False)
        memory = answers[0]
        if isinstance(memory, Exception):
            raise memory
        figures = {"redis_memory_bytes": memory["used_memory"]}
        for position, topic in enumerate(_WATCHED):
            length, dead, groups = answers[1 + 3 * position:4 + 3 * position]
            figures.update({f"stream_length/{topic}": length, f"dead/{topic}": dead})
            if isinstance(groups, list):
                figures.update(_group_figures(topic, groups))
        return figures

    async def _look_at_postgres(self):
        if self._postgres is None or self._postgres.closed:
            self._postgres = await self.stack.postgres.connect()
        rows = await (await self._postgres.execute(_OVERDUE)).fetchall()
        return {f"outbox_overdue/{service}": count for service, count in rows}

    async def _counters(self):
        await asyncio.gather(*(self._scrape(replica) for replica in self.stack.replicas()))
        return {f"counter/{name}": value for name, value in self.totals.sums().items()}

    async def _scrape(self, replica):
        pid = replica.pid
        if pid is None or replica.is_frozen:
            return
        try:
            async with self._web.get(f"{replica.http}/metrics") as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        # Another life of the process may have answered.
        if replica.pid == pid:
            self.totals.note(replica.name, pid, text)


def _group_figures(topic, groups):
    figures = {}
    for group in groups:
        name = group["name"].decode()
        figures[f"pending/{topic} {name}"] = group["pending"]
        # Redis cannot always tell it.
        if group.get("lag") is not None:
            figures[f"lag/{topic} {name}"] = group["lag"]
    return figures
