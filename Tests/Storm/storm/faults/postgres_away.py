"""Postgres goes away and comes back, as a whole or for some."""

import asyncio
import time

from storm.faults.fault import Fault, Hit
from storm.faults.server_away import away
from storm.faults.victims import SERVICES


class PostgresStop(Fault):
    """An immediate stop: every session is cut off, and what was committed comes back from the write-ahead log."""

    name = "postgres_stop"
    group = "postgres"
    recovery = "server"
    seconds = (0.0, 3.0)

    async def run(self, storm, random, seconds):
        return await away("postgres", storm.stack.postgres, storm.stack.postgres.stop_immediate, seconds)


class PostgresTerminate(Fault):
    """Sessions of the services are ended in the middle of whatever they do, a few at a time."""

    name = "postgres_terminate"
    group = "postgres"
    recovery = "server"
    seconds = (3.0, 12.0)
    seconds_short = (2.0, 6.0)

    async def run(self, storm, random, seconds):
        deadline = time.monotonic() + seconds
        ended = {}
        async with await storm.stack.postgres.connect() as connection:
            while time.monotonic() < deadline:
                for pid, role in await self._choose(connection, random):
                    answer = await connection.execute("select pg_terminate_backend(%s)", (pid,))
                    if (await answer.fetchone())[0]:
                        ended[role] = ended.get(role, 0) + 1
                await asyncio.sleep(random.uniform(0.1, 1.0))
        return [Hit(f"sessions of {role}", count) for role, count in sorted(ended.items())]

    async def _choose(self, connection, random):
        # Those that are at work first: there is more to be lost in the middle of a transaction.
        answer = await connection.execute(
            """select pid, usename from pg_stat_activity where usename = any(%s)
               order by state = 'idle', pid limit 40""",
            ([service.replace("-", "_") for service in SERVICES],))
        sessions = await answer.fetchall()
        return random.sample(sessions, min(len(sessions), random.randint(1, 5)))
