"""Mistakes planted for the checks of the bus."""

import copy
import hashlib
import uuid

from ..planting import NothingToSpoil, one_of, pick, planted
from ..streams import Consumer
from ..topics import SCHEMAS, TOPICS


# ---------------------------------------------------------------- messages of the bus


#: Of each order, and of use to order-svc.
_APPLIED = """
    select message_id from order_svc.inbox where message_id in (
      select message_id from tx_svc.outbox where type = 'tx.DelegationFinal' order by message_id limit 100)"""


def inbox_row_lost(evidence, random):
    row = pick(evidence, random, _APPLIED)
    evidence.execute("delete from order_svc.inbox where message_id = %s", (row["message_id"],))
    return f"order-svc has never applied {row['message_id']}"


def person_not_told(evidence, random):
    """A type of which session-svc has no use for some."""
    row = pick(evidence, random, """
        select message_id from session_svc.inbox where message_id in (
          select message_id from order_svc.outbox
          where type = 'order.OrderChanged' and position('"origin":"telegram"'::bytea in body) > 0
          order by message_id limit 100)""")
    evidence.execute("delete from session_svc.inbox where message_id = %s", (row["message_id"],))
    return f"session-svc has never applied {row['message_id']}"


def another_body(evidence, random):
    row = pick(evidence, random, _APPLIED)
    evidence.execute(
        "update order_svc.inbox set body_hash = %s where message_id = %s",
        (hashlib.sha256(b"planted").digest(), row["message_id"]))
    return f"order-svc has applied {row['message_id']} with another body"


def effect_twice(evidence, random):
    row = pick(evidence, random, """
        select message_id, type from order_svc.outbox where type = 'tx.DelegateEnergy' and causation <> '' limit 100""")
    evidence.execute("create temp table again on commit drop as select * from order_svc.outbox where message_id = %s",
                     (row["message_id"],))
    evidence.execute("update again set message_id = %s", (uuid.UUID(int=random.getrandbits(128)),))
    evidence.execute("insert into order_svc.outbox select * from again")
    return f"order-svc has sent {row['type']} twice for one cause"


def outbox_row_vanished(evidence, random):
    row = pick(evidence, random, """
        select message_id from order_svc.outbox where topic = 'order.events' order by message_id limit 100""")
    evidence.execute("delete from order_svc.outbox where message_id = %s", (row["message_id"],))
    return f"nobody has sent {row['message_id']}, which was applied"


def from_nowhere(evidence, random):
    stranger = uuid.UUID(int=random.getrandbits(128))
    evidence.execute(
        "insert into wallet_svc.inbox (message_id, body_hash) values (%s, %s)", (stranger, b"planted"))
    return f"wallet-svc has applied {stranger}, which nobody has sent"


def older_event_applied(evidence, random):
    row = pick(evidence, random, """
        select changes.key, min(changes.causation) as first, max(changes.causation) as last
        from order_svc.outbox as changes join tx_svc.outbox as tx on tx.message_id::text = changes.causation
        where changes.type = 'order.OrderChanged' and changes.topic = 'order.events' and tx.topic = 'tx.events'
        group by 1 having count(*) > 1 limit 100""")
    evidence.execute("""
        update order_svc.outbox set causation = %s
        where key = %s and causation = %s and type = 'order.OrderChanged'""", (row["first"], row["key"], row["last"]))
    return f"an event that {row['key']} had seen has changed it once more"


def event_left_out(evidence, random):
    row = pick(evidence, random, """
        select message_id, key from order_svc.outbox where type = 'order.OrderChanged' and topic = 'order.events'
          and convert_from(body, 'UTF8')::json->>'seq' = '2' limit 100""")
    evidence.execute("delete from order_svc.outbox where message_id = %s", (row["message_id"],))
    return f"{row['key']} has no second event"


def reader_behind(evidence, random):
    row = pick(evidence, random, """
        select id from monitor_svc.monitored_orders join order_svc.orders using (id)
        where orders.state in ('completed', 'rejected', 'failed', 'cancelled') order by id limit 100""")
    evidence.execute("update monitor_svc.monitored_orders set seq = seq - 1 where id = %s", (row["id"],))
    return f"monitor-svc has not seen the last of {row['id']}"


def right_to_another(evidence, random):
    reader, owner = random.sample(list(SCHEMAS.values()), 2)
    evidence.execute(f"grant select on {owner}.outbox to {reader}")
    return f"{reader} may read what {owner} sends"


# ---------------------------------------------------------------- at rest


def _state(evidence):
    """What Redis holds, to be spoilt."""
    evidence.bus = copy.deepcopy(evidence.bus)
    return evidence.bus


def _a_group(evidence, random):
    groups = [(stream, group) for stream in _state(evidence).streams.values() for group in stream.groups]
    return one_of(random, groups)


def dead_letter(evidence, random):
    topic = random.choice(list(TOPICS))
    stream = _state(evidence).streams[topic]
    stream.dead += 1
    stream.letters.append((TOPICS[topic][0], "attempts", "planted", ""))
    return f"{topic} has one more dead letter"


def entry_pending(evidence, random):
    stream, group = _a_group(evidence, random)
    group.pending += 1
    return f"{group.name} holds a message of {stream.topic}"


def entry_unread(evidence, random):
    stream, group = _a_group(evidence, random)
    group.unread += 1
    return f"{group.name} has not read the last of {stream.topic}"


def consumer_left_over(evidence, random):
    stream, group = _a_group(evidence, random)
    group.consumers.append(Consumer(f"{group.name}@1-planted", 0, 3600.0))
    return f"{group.name} of {stream.topic} lists a reader that has been dead for an hour"


def process_without_sign(evidence, random):
    alive = _state(evidence).alive
    silent = one_of(random, sorted(alive))
    alive.discard(silent)
    return f"{silent} gives no sign of life"


def message_unsent(evidence, random):
    schema = random.choice(list(SCHEMAS.values()))
    evidence.execute(f"""
        insert into {schema}.outbox_queue (message_id, day, due_at, available_at)
        values (%s, current_date, now() - interval '1 hour', now())""", (uuid.UUID(int=random.getrandbits(128)),))
    return f"a message in {schema} was to be sent an hour ago"


def effect_given_up(evidence, random):
    schema = random.choice(list(SCHEMAS.values()))
    evidence.execute(f"""
        insert into {schema}.effects (id, kind, order_key, payload, correlation, state, next_at, last_error)
        values (%s, 'planted', 'planted', '', '', 'dead', now(), 'planted')""",
        (uuid.UUID(int=random.getrandbits(128)),))
    return f"an effect in {schema} was given up"


def effect_failing(evidence, random):
    """As one that may be tried for ever."""
    schema = random.choice(list(SCHEMAS.values()))
    evidence.execute(f"""
        insert into {schema}.effects (id, kind, order_key, payload, correlation, attempts, next_at, last_error)
        values (%s, 'planted', 'planted', '', '', 40, now() + interval '1 minute', 'planted')""",
        (uuid.UUID(int=random.getrandbits(128)),))
    return f"an effect in {schema} fails each time"


def schedule_stopped(evidence, random):
    """A row of its own: the running service would be in the way of changing one of its."""
    rows = evidence.execute("""
        insert into tx_svc.schedules select (planted).* from (
          select jsonb_populate_record(
            schedules, jsonb_build_object(
              'name', 'planted', 'next_at', now() - interval '5 minutes', 'retry_at', null)) as planted
          from tx_svc.schedules order by name limit 1) as copy""")
    if not rows:
        raise NothingToSpoil
    return "a schedule was due five minutes ago"


def audit_entry_lost(evidence, random):
    row = pick(evidence, random, "select id from gateway.audit_log order by id limit 100")
    evidence.execute("delete from gateway.audit_log where id = %s", (row["id"],))
    return f"{row['id']} is not in the audit log"


PLANTED = [
    planted("inbox_row_lost", "every_message_applied", inbox_row_lost),
    planted("person_not_told", "every_message_applied", person_not_told),
    planted("another_body", "applied_as_sent", another_body),
    planted("effect_twice", "applied_once", effect_twice),
    planted("outbox_row_vanished", "known_origin", outbox_row_vanished),
    planted("from_nowhere", "known_origin", from_nowhere),
    planted("older_event_applied", "events_in_sequence", older_event_applied),
    planted("event_left_out", "events_in_sequence", event_left_out),
    planted("reader_behind", "readers_up_to_date", reader_behind),
    planted("right_to_another", "schemas_are_closed", right_to_another),
    planted("dead_letter", "no_dead_letters", dead_letter),
    planted("entry_pending", "groups_at_rest", entry_pending),
    planted("entry_unread", "groups_at_rest", entry_unread),
    planted("consumer_left_over", "consumers_alive", consumer_left_over),
    planted("process_without_sign", "consumers_alive", process_without_sign),
    planted("message_unsent", "nothing_unsent", message_unsent),
    planted("effect_given_up", "work_done", effect_given_up),
    planted("effect_failing", "work_done", effect_failing),
    planted("schedule_stopped", "work_done", schedule_stopped),
    planted("audit_entry_lost", "audit_complete", audit_entry_lost),
]
