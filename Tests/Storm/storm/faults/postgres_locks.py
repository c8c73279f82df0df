"""Somebody else locks the rows that the services work on, in the opposite order."""

import asyncio
import time
from random import Random

import psycopg
from psycopg import sql

from storm.faults.fault import Fault, Hit
from storm.faults.log_tail import LogTail

#: Each service's tables that several transactions fight for, with their keys, in the opposite of the services' order.
HOT_TABLES = {
    "order_svc": (("orders", "id"),),
    "wallet_svc": (("holds", "id"), ("accounts", "id")),
    "tx_svc": (("supplier_wallets", "address"), ("legs", "id"), ("delegations", "id")),
    "session_svc": (("order_screens", "id"), ("conversations", "id")),
}
ROWS_MAX = 30
#: A service waits for so long at most (lock_timeout): some rows are held for longer.
HOLD_SECONDS = (0.5, 4.0)


class PostgresOppositeBatches(Fault):
    """The rows of each service that were written last are locked from the highest key down, and held for a moment.

    The services lock upwards. So there are deadlocks (40P01), of which they are always the victims, and waits beyond
    their lock_timeout (55P03).
    """

    name = "postgres_opposite_batches"
    group = "postgres"
    recovery = "server"
    seconds = (6.0, 20.0)
    seconds_short = (6.0, 9.0)

    async def run(self, storm, random, seconds):
        postgres = storm.stack.postgres
        log = LogTail(storm.stack.log_folder / "postgres.log")
        deadline = time.monotonic() + seconds
        seeds = [(schema, random.getrandbits(64)) for schema in HOT_TABLES]
        async with asyncio.TaskGroup() as group:
            for schema, seed in seeds:
                group.create_task(oppose(postgres, schema, Random(seed), deadline))
        deadlocks, timeouts = log.count("deadlock detected"), log.count("due to lock timeout")
        if not deadlocks and not timeouts:
            return []
        return [Hit("postgres", deadlocks + timeouts, f"{deadlocks} deadlocks, {timeouts} lock time-outs")]


async def oppose(postgres, schema, random, deadline):
    """Locks a service's hot rows again and again. Its connection's end gives back whatever is locked."""
    async with await postgres.connect() as connection:
        while time.monotonic() < deadline:
            try:
                async with connection.transaction():
                    await lock_downwards(connection, schema, random, deadline)
                    await asyncio.sleep(random.uniform(*HOLD_SECONDS))
            except psycopg.errors.LockNotAvailable:
                # Both sides waited for long enough: the rows are free again.
                continue
            await asyncio.sleep(random.uniform(0.1, 1.0))


async def lock_downwards(connection, schema, random, deadline):
    # The services' sessions look for deadlocks after a second: this one never does, so it is never the victim.
    await connection.execute("set local deadlock_timeout = '60s'")
    await connection.execute("set local lock_timeout = '4s'")
    for table, key in HOT_TABLES[schema]:
        names = {"table": sql.Identifier(schema, table), "key": sql.Identifier(key)}
        # The age of the transaction that wrote a row: the smallest ages are of the rows in use.
        newest = sql.SQL("select {key} from {table} order by age(xmin) limit {limit}").format(limit=ROWS_MAX, **names)
        keys = [row[0] for row in await (await connection.execute(newest)).fetchall()]
        for value in sorted(keys, reverse=True):
            if time.monotonic() > deadline:
                return
            lock = sql.SQL("select 1 from {table} where {key} = %s for update").format(**names)
            await connection.execute(lock, (value,))
            await asyncio.sleep(random.uniform(0.002, 0.02))
