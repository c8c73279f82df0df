"""Asks the checks: at instants of the storm, and once everything has come to rest."""

import asyncio
import dataclasses
import time

import psycopg
import redis

from storm.checks import ALL
from storm.checks.evidence import Evidence
from storm.checks.logs import error_table
from storm.checks.planted import catch_all
from storm.checks.simulators import ChainReader, SimulatorUnreadable
from storm.history import read

#: When an order was made, and when its customer had it or it ended, by the order service's own events: these are what
#: others were told. An order that was taken back by a reorganisation counts with its first delivery.
TIMELINE = """
    select body->'order'->>'id' as id, min(created_at) as created,
      min(created_at) filter (
        where body->'order'->>'state' not in ('placed', 'funded', 'delegating', 'cancelling')) as ended
    from (
      select convert_from(body, 'UTF8')::jsonb as body, created_at from order_svc.outbox
      where type = 'order.OrderChanged') as changes
    group by 1
"""


#: What a look meets when a server is away or does not let anybody in.
AWAY = (psycopg.OperationalError, redis.RedisError, SimulatorUnreadable)


@dataclasses.dataclass
class Verdict:
    findings: list
    #: Planted mistake: whether its check named it.
    planted: dict
    #: (order, created, delivered or ended): seconds since the epoch.
    timeline: list
    #: (times, level, service, message) of what the services logged as errors, the most frequent first.
    log_table: list


async def check_now(storm):
    """Findings of the checks that hold at every instant. None is asked while Postgres is away."""
    return await asyncio.to_thread(_check_now, storm)


def _check_now(storm):
    try:
        with _open(storm, history=[], is_calm=False) as evidence:
            return [finding for check in ALL if check.always for finding in check.run(evidence)]
    except AWAY as error:
        # Postgres, Redis or the simulator is what the storm has just hit. How many looks were missed is in the report.
        storm.looks_missed.append((time.time(), str(error).splitlines()[0]))
        return []


async def open_evidence(storm, history):
    lines = await asyncio.to_thread(read, history.path, storm.load.history_path)
    return await asyncio.to_thread(_open, storm, history=lines, is_calm=True)


def _open(storm, **given):
    if storm.chain_reader is None:
        storm.chain_reader = ChainReader(storm.stack.tron_sim.control)
    stack = storm.stack
    return Evidence.open(
        stack.postgres.conninfo, stack.redis.url, telegram_control=stack.telegram_sim.control,
        chain_reader=storm.chain_reader, world=stack.world.to_json(), settings=storm.settings,
        log_folder=stack.log_folder, secrets=stack.secrets(), deaths=list(stack.deaths), alive=stack.alive_names(),
        **given)


def judge(evidence, say):
    """The mistakes that are planted first: a check that does not see them says nothing when it is silent."""
    say("planting mistakes")
    planted = catch_all(evidence)
    findings = []
    for check in ALL:
        began = time.time()
        found = check.run(evidence)
        findings += found
        say(f"{check.name}: {len(found) or 'no'} finding{'' if len(found) == 1 else 's'} ({time.time() - began:.1f} s)")
    timeline = [
        (row["id"], row["created"].timestamp(), row["ended"] and row["ended"].timestamp())
        for row in evidence.sql(TIMELINE)]
    return Verdict(findings, planted, timeline, error_table(evidence.log_folder))


#: The checks that say whether everything has come to rest.
REST = ("orders_end", "nothing_unsent", "groups_at_rest", "work_done")


async def unrest(storm):
    """What still moves, in words; None when everything is at rest."""
    return await asyncio.to_thread(_unrest, storm)


def _unrest(storm):
    try:
        with _open(storm, history=[], is_calm=True) as evidence:
            for check in ALL:
                if check.name in REST and (findings := check.run(evidence)):
                    return f"{findings[0].text}" + (f", and {len(findings) - 1} more" if len(findings) > 1 else "")
    except AWAY as error:
        return f"it cannot be seen: {error}"
    return None
