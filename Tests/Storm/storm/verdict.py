"""Asks the checks: at instants of the storm, and once everything has come to rest."""

import asyncio
import dataclasses
import itertools
import operator
import time

import psycopg
import redis

from storm.checks import ALL
from storm.checks.at_rest import stirring
from storm.checks.evidence import Evidence
from storm.checks.logs import error_table
from storm.checks.catching import all_planted, catches, unspoilt
from storm.checks.simulators import ChainReader, SimulatorUnreadable
from storm.history import read

#: When an order was made, and when its customer had it or it ended, by the order service's own events: these are what
#: others were told. An order that was taken back by a reorganisation counts with its first delivery. `failure` is what
#: was said last: why it never came, or was taken back for good.
TIMELINE = """
    select body->'order'->>'id' as id, min(created_at) as created,
      min(created_at) filter (
        where body->'order'->>'state' not in ('placed', 'funded', 'delegating', 'cancelling')) as ended,
      (array_agg(body->'order'->>'failure' order by (body->>'seq')::bigint desc))[1] as failure
    from (
      select convert_from(body, 'UTF8')::jsonb as body, created_at from order_svc.outbox
      where type = 'order.OrderChanged') as changes
    group by 1
"""


#: What a look meets when a server is away or does not let anybody in.
AWAY = (psycopg.OperationalError, redis.RedisError, SimulatorUnreadable)
#: What Postgres says of a file that may not grow, under the code of its own mistakes.
FULL = "File too large"
#: Kinds of `AWAY` that say nothing of the server: a check that takes too long is no look that was missed.
TOO_SLOW = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)


@dataclasses.dataclass
class Verdict:
    """What is left out was not to be had."""

    #: Check: what it has found.
    found: dict = dataclasses.field(default_factory=dict)
    #: Planted mistake: whether its check named it.
    planted: dict = dataclasses.field(default_factory=dict)
    #: (order, created, delivered or ended, failure or None): seconds since the epoch.
    timeline: list = dataclasses.field(default_factory=list)
    #: (times, level, service, message) of what the services logged as errors, the most frequent first.
    log_table: list = dataclasses.field(default_factory=list)

    @property
    def findings(self):
        return list(itertools.chain.from_iterable(self.found.values()))


def ask(check, evidence, complain, passes=lambda error: False):
    """Its findings. A check that breaks down is complained of, and leaves the others what they need."""
    try:
        with evidence.connection.transaction():
            return check.run(evidence)
    except Exception as error:
        if passes(error):
            raise
        complain(f"the check {check.name}", error)
        return []


def is_away(error):
    if isinstance(error, psycopg.errors.InternalError_):
        # A query, too, may have to write a block first.
        return FULL in str(error)
    return isinstance(error, AWAY) and not isinstance(error, TOO_SLOW)


# ---------------------------------------------------------------- meanwhile


async def check_now(storm, complain):
    """`{check: its findings}` of the checks that hold at every instant. None is asked while Postgres is away."""
    return await asyncio.to_thread(_check_now, storm, complain)


def _check_now(storm, complain):
    try:
        with _open(storm, history=[], is_calm=False) as evidence:
            found = {check.name: ask(check, evidence, complain, is_away) for check in ALL if check.always}
        storm.looks_taken += 1
        return found
    except Exception as error:
        if not is_away(error):
            raise
        # Postgres, Redis or the simulator is what the storm has just hit.
        storm.looks_missed.append((time.time(), str(error).partition("\n")[0]))
        return {}


# ---------------------------------------------------------------- at the end


async def open_evidence(storm, history):
    lines = await asyncio.to_thread(read, history.path, storm.load.history_path)
    return await asyncio.to_thread(_open, storm, history=lines, is_calm=True)


def _open(storm, **given):
    if storm.chain_reader is None:
        storm.chain_reader = ChainReader(storm.stack.tron_sim.control)
    stack = storm.stack
    return evidence_of(
        stack, storm.settings, storm.chain_reader, deaths=list(stack.deaths), alive=stack.alive_names(), **given)


def evidence_of(stack, settings, chain_reader, **given):
    """All that can be seen of this stack."""
    return Evidence.open(
        stack.postgres.conninfo, stack.redis.url, telegram_control=stack.telegram_sim.control,
        chain_reader=chain_reader, world=stack.world.to_json(), settings=settings, log_folder=stack.log_folder,
        secrets=stack.secrets(), **given)


def judge(evidence, say, complain):
    """The mistakes that are planted first: a check that does not see them says nothing when it is silent. `complain` is
    told of whatever breaks down: (what, error)."""
    say("planting mistakes")
    verdict = Verdict(planted=planted_of(evidence, complain))
    verdict.found["planted"] = unspoilt(verdict.planted, evidence.settings.minutes)
    for check in ALL:
        began = time.time()
        found = verdict.found[check.name] = ask(check, evidence, complain)
        say(f"{check.name}: {len(found) or 'no'} finding{'' if len(found) == 1 else 's'} ({time.time() - began:.1f} s)")
    try:
        verdict.log_table = error_table(evidence.log_folder)
        verdict.timeline = [
            (row["id"], row["created"].timestamp(), row["ended"] and row["ended"].timestamp(), row["failure"])
            for row in evidence.sql(TIMELINE)]
    except Exception as error:
        complain("reading what became of the orders", error)
    return verdict


def planted_of(evidence, complain):
    """Each mistake, and whether it was named. Those of one check go together: it is asked once without any of them."""
    caught = {}
    by_check = operator.attrgetter("check")
    for name, mistakes in itertools.groupby(sorted(all_planted(), key=by_check), key=by_check):
        mistakes = list(mistakes)
        try:
            with evidence.connection.transaction():
                for catch in catches(evidence, planted=mistakes):
                    caught[catch.planted.name] = bool(catch.findings) if catch.what else None
        except Exception as error:
            complain(f"the mistakes that {name} has to name", error)
            for mistake in mistakes:
                caught.setdefault(mistake.name, False)
    return caught


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
            for text in stirring(evidence):
                return text
    except AWAY as error:
        return f"it cannot be seen: {error}"
    return None
