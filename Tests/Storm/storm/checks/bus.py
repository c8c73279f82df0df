"""The bus' promise: a message is applied by each of its readers, once, as it was sent, and none comes from nowhere."""

from .check import Check
from .findings import findings
from .topics import IGNORED, IGNORED_WITH, SCHEMAS, TOPICS, union

#: Messages of which one cause makes no more than one. A command or event of these that stands twice in an outbox with
#: one cause was made by a message that was applied twice.
ONE_OF_A_CAUSE = (
    "order.OrderChanged", "order.PlaceOrder", "tx.DelegateEnergy", "tx.ReclaimEnergy", "wallet.HoldFunds",
    "wallet.CaptureHold", "wallet.ReleaseHold", "wallet.FundsHeld", "wallet.FundsRefused", "wallet.HoldSettled",
)

#: An operator's command is sent by a process without a database. It is known by what was published because of it.
ANSWERS_TO_OPERATORS = ("bus.CommandResult", "gateway.OperatorActed")
#: Some commands are answered by an effect that follows: this much later at most.
OPERATOR_SECONDS_MAX = 120

#: What is of no use to a reader is left out before anything is compared: it is almost half of all deliveries.
_SENT = union(
    """
    select '{service}' as service, message_id, topic, type, body from {schema}.outbox
    where topic = any(%(topics)s) and type <> all(%(ignored)s) and not exists (
      select from unnest(%(partly)s::text[], %(marks)s::bytea[]) as useless(its_type, mark)
      where its_type = type and position(mark in body) > 0)
    """)
_UNSENT = union("select message_id from {schema}.outbox_queue")

#: One reader at a time: its inbox is one table, which the planner hashes.
_DELIVERIES = f"""
    select service, topic, type, handled.message_id is null as is_missing, count(*) as times,
      min(sent.message_id::text) as example
    from ({_SENT}) as sent left join {{inbox}} as handled using (message_id)
    where handled.body_hash <> sha256(sent.body)
      or handled.message_id is null
        and not exists (select 1 from ({_UNSENT}) as unsent where unsent.message_id = sent.message_id)
        and not exists (select 1 from {{parked}} as parked where parked.message_id = sent.message_id)
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


def deliveries(evidence):
    """What was sent, and was not applied by a reader or with another body: counted by reader and type."""
    evidence.execute("set local work_mem = '256MB'")
    evidence.execute("set local jit = off")
    rows = []
    for reader, schema in SCHEMAS.items():
        query = _DELIVERIES.format(inbox=f"{schema}.inbox", parked=f"{schema}.parked")
        topics = [topic for topic, readers in TOPICS.items() if reader in readers]
        given = {"topics": topics, "ignored": list(IGNORED[reader]), **_partly_ignored(reader)}
        rows += [{**row, "reader": reader} for row in evidence.sql(query, given)]
    return rows


def _partly_ignored(reader):
    """Types, and beside each what is in the bodies of those that this reader has no use for."""
    marks = [
        (type, mark.encode()) for (service, type), texts in IGNORED_WITH.items() if service == reader for mark in texts]
    return {"partly": [type for type, _ in marks], "marks": [mark for _, mark in marks]}


class EveryMessageApplied(Check):
    """What a committed transaction has published reaches every group that its topic declares, and has its row in the
    inbox of each that has a use for it. As nothing is left in the streams, this is also: what was acknowledged was
    applied."""

    name = "every_message_applied"
    promises = ("I2", "I3", "I5", "bus-10")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        missing = [row for row in evidence.derive("deliveries", deliveries) if row["is_missing"]]
        return findings("bus-10", "lost", "sent and never applied", (
            f"{row['times']} × {row['type']} of {row['service']} by {row['reader']}, e.g. {row['example']}"
            for row in missing))


class AppliedAsSent(Check):
    """One id, one body."""

    name = "applied_as_sent"
    promises = ("I4", "bus-5")

    def run(self, evidence):
        changed = [row for row in evidence.derive("deliveries", deliveries) if not row["is_missing"]]
        return findings("I4", "other", "applied with another body than was sent", (
            f"{row['times']} × {row['type']} by {row['reader']}, e.g. {row['example']}" for row in changed))


class AppliedOnce(Check):
    """A message has one effect: at most one row in each inbox, and it never causes the same thing twice."""

    name = "applied_once"
    promises = ("I2", "bus-5")

    def run(self, evidence):
        return self._inboxes(evidence) + self._effects(evidence)

    def _inboxes(self, evidence):
        """Postgres sees to it, as long as the key is there."""
        keyed = {row["schema"] for row in evidence.sql(
            """
            select n.nspname as schema from pg_index i
            join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
            where c.relname = 'inbox' and i.indisunique and i.indisvalid and i.indnatts = 1 and a.attname = 'message_id'
            """)}
        return findings("bus-5", "twice", "an inbox does not refuse a message's second row", (
            schema for schema in SCHEMAS.values() if schema not in keyed))

    def _effects(self, evidence):
        rows = evidence.sql(
            """
            select service, type, key, causation, count(*) as times from (
              """ + union("""
                select '{service}' as service, type, topic, key, causation,
                  case when type = any(%(single)s) then '' else md5(body) end as body
                from {schema}.outbox where causation <> '' and topic not like 'replies.%%'
              """) + """) as caused
            group by service, type, topic, key, causation, body having count(*) > 1 limit 100
            """, {"single": list(ONE_OF_A_CAUSE)})
        return findings("bus-5", "twice", "one message had an effect more than once", (
            f"{row['times']} × {row['type']} for {row['key']} by {row['service']}, caused by {row['causation']}"
            for row in rows))


class KnownOrigin(Check):
    """Whatever was applied was published by somebody: it stands in an outbox, or an operator sent it."""

    name = "known_origin"
    promises = ("bus-6",)

    def run(self, evidence):
        rows = evidence.sql(f"""
            select reader, message_id::text as id, extract(epoch from handled_at)::float8 as at from (
              {union("select '{service}' as reader, message_id, handled_at from {schema}.inbox")}) as handled
            where not exists (
              select 1 from ({union("select message_id from {schema}.outbox")}) as sent
              where sent.message_id = handled.message_id)
            order by handled_at limit 10000""")
        strangers = _without_operators(rows, _answers(evidence)) if rows else []
        return findings("bus-6", "other", "applied, and nobody published it", (
            f"{row['id']} by {row['reader']}" for row in strangers))


def _answers(evidence):
    return evidence.sql(union(
        """
        select '{service}' as service, causation, correlation, extract(epoch from created_at)::float8 as at
        from {schema}.outbox where type = any(%(types)s)
        """), {"types": list(ANSWERS_TO_OPERATORS)})


def _without_operators(rows, answers):
    """The messages (oldest first) that no answer to an operator explains. An answer names its cause; one that an effect
    gave names none, and explains one message of that service, shortly before it."""
    causes = {answer["causation"] for answer in answers}
    late = {}
    for answer in answers:
        if not answer["causation"]:
            late[answer["service"], answer["correlation"]] = answer["at"]
    unexplained = []
    for row in rows:
        if row["id"] in causes:
            continue
        fitting = [
            (at, key) for key, at in late.items()
            if key[0] == row["reader"] and 0 <= at - row["at"] <= OPERATOR_SECONDS_MAX]
        if fitting:
            del late[min(fitting)[1]]
        else:
            unexplained.append(row)
    return unexplained
