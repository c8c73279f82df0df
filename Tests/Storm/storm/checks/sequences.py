"""Order is not promised by the bus; that an older event never replaces a newer one is."""

from .check import Check
from .findings import findings

_CHANGES = """
    select key as id, (convert_from(body, 'UTF8')::json->>'seq')::bigint as seq, causation
    from order_svc.outbox where type = 'order.OrderChanged' and topic = 'order.events'
"""

_HISTORIES = f"""
    with told as (
      select id, count(*) as times, count(distinct seq) as different, min(seq) as lowest, max(seq) as highest
      from ({_CHANGES}) as changes group by id)
    select coalesce(told.id, orders.id) as id, times, different, lowest, highest, orders.seq
    from told full join order_svc.orders on orders.id = told.id
    where orders.seq is distinct from highest or times is distinct from different or lowest <> 1 or different <> highest
    order by 1 limit 100
"""

_CAUSES = f"""
    select id, seq, cause, before from (
      select id, changes.seq, tx.seq as cause, lag(tx.seq) over (partition by id order by changes.seq) as before
      from ({_CHANGES}) as changes
      join (
        select message_id::text as message, (convert_from(body, 'UTF8')::json->>'seq')::bigint as seq
        from tx_svc.outbox where topic = 'tx.events') as tx on tx.message = changes.causation) as applied
    where cause <= before order by 1 limit 100
"""

#: Tables in which readers note the newest event of an order that they have applied, and the orders of which that has to
#: be the order's last: monitor-svc looks at deliveries and ends alone.
_READERS = {
    "gateway": ("select order_id as id, last_seq as seq from gateway.rest_orders", "true"),
    "session-svc": ("select id, last_seq as seq from session_svc.order_screens", "true"),
    "monitor-svc": (
        "select id, seq from monitor_svc.monitored_orders",
        "orders.state in ('completed', 'rejected', 'failed', 'cancelled')"),
}

#: Events that are told again keep their number, and then say the same.
_TWO_MEANINGS = """
    select type, key, seq, count(distinct told) as meanings from (
      select type, key, (convert_from(body, 'UTF8')::json->>'seq')::bigint as seq, md5(body) as told
      from {schema}.outbox where topic = '{topic}' and type = any(%s)) as events
    group by 1, 2, 3 having count(distinct told) > 1 order by 1, 2, 3 limit 100
"""

_NUMBERED = {
    ("tx_svc", "tx.events"): [
        "tx.DelegationSubmitted", "tx.DelegationConfirmed", "tx.DelegationFinal", "tx.DelegationFailed",
        "tx.DelegationReverted", "tx.DelegationReclaimed"],
    ("wallet_svc", "wallet.events"): ["wallet.FundsHeld", "wallet.FundsRefused", "wallet.HoldSettled"],
}


class EventsInSequence(Check):
    """An order's events count 1, 2, 3 … up to the order itself; and what changed it were ever newer events of the
    chain."""

    name = "events_in_sequence"
    promises = ("bus-7",)

    def run(self, evidence):
        gaps = findings("bus-7", "other", "an order's events do not count up to the order", (
            f"{row['id']}: {row['times']} events, {row['lowest']} to {row['highest']}, the order is at {row['seq']}"
            for row in evidence.sql(_HISTORIES)))
        backwards = findings("bus-7", "twice", "an event that was not newer has changed an order", (
            f"{row['id']}: its change {row['seq']} came from event {row['cause']} after {row['before']}"
            for row in evidence.sql(_CAUSES)))
        return gaps + backwards + self._meanings(evidence)

    def _meanings(self, evidence):
        found = []
        for (schema, topic), types in _NUMBERED.items():
            rows = evidence.sql(_TWO_MEANINGS.format(schema=schema, topic=topic), (types,))
            found += findings("bus-7", "other", "two events have one number and different words", (
                f"{row['type']} {row['seq']} of {row['key']}" for row in rows))
        return found


class ReadersUpToDate(Check):
    """Nobody knows of an event that has not happened; at rest, everybody knows the newest."""

    name = "readers_up_to_date"
    promises = ("bus-7", "I5")

    def run(self, evidence):
        found = []
        for service, (query, has_to_be_last) in _READERS.items():
            behind = f"or known.seq < orders.seq and {has_to_be_last}" if evidence.is_calm else ""
            rows = evidence.sql(f"""
                select orders.id, known.seq as known, orders.seq from order_svc.orders
                join ({query}) as known on known.id = orders.id where known.seq > orders.seq {behind} order by 1 limit 100""")
            found += findings("bus-7", "other", f"{service} is not where the order is", (
                f"{row['id']}: {row['known']} instead of {row['seq']}" for row in rows))
        return found
