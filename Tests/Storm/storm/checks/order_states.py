"""The ways that an order may go, by docs/orders.md, and whether all orders went one of them."""

from .check import Check
from .findings import findings

END_STATES = frozenset(["completed", "rejected", "failed", "cancelled"])

#: What customers see of a state.
STATUS = {
    "placed": "pending", "funded": "processing", "delegating": "processing", "cancelling": "processing",
    "delivered": "active", "active": "active", "ending": "completed", "completed": "completed",
    "rejected": "failed", "failed": "failed", "cancelled": "cancelled",
}

#: From the state to those that an event may tell next. The same state again: the event told new transactions, or times.
NEXT = {
    None: {"placed", "rejected"},
    "placed": {"funded", "rejected", "cancelled", "failed"},
    "funded": {"delegating", "delivered", "cancelling", "failed"},
    "delegating": {"delegating", "delivered", "cancelling", "failed", "cancelled"},
    "cancelling": {"cancelling", "delivered", "failed", "cancelled"},
    "delivered": {"delivered", "delegating", "active", "failed", "cancelled"},
    "active": {"ending"},
    "ending": {"completed"},
    "completed": set(), "rejected": set(), "failed": set(), "cancelled": set(),
}

#: Of each event of an order, by the order's own sequence: the state before it as the event says, as the event before it
#: says, and its own. Most orders go one of few ways, so the ways are counted and not the orders.
STEPS = """
    with told as (
      select key, (body->>'seq')::bigint as seq, body->>'previous' as previous, body->'order'->>'state' as state
      from (select key, convert_from(body, 'UTF8')::json as body from order_svc.outbox
            where topic = 'order.events' and type = 'order.OrderChanged') as events
    ), steps as (
      select key, seq, previous, state, lag(state) over by_order as before, lag(seq) over by_order as before_seq,
        lead(seq) over by_order is null as is_last
      from told window by_order as (partition by key order by seq)
    )
    select s.previous, s.before, s.state, s.before_seq is not null and s.before_seq = s.seq as is_repeated,
      s.is_last and o.state is distinct from s.state as is_stale, s.is_last and o.seq < s.seq as is_ahead,
      o.id is null as is_unknown, count(*) as times, min(s.key) as example
    from steps s left join order_svc.orders o on o.id = s.key
    group by 1, 2, 3, 4, 5, 6, 7"""


class StatesFollowTheTable(Check):
    """What was told of each order is one way through the table of its life, and ends where the order stands."""

    name = "states_follow_the_table"
    promises = ("bus-8", "bus-7")

    def run(self, evidence):
        found = []
        for row in evidence.sql(STEPS):
            found += [f"{row['example']} and {row['times'] - 1} more: {mistake}" for mistake in self.mistakes(row)]
        silent = evidence.sql("""
            select o.id from order_svc.orders o where not exists (
              select from order_svc.outbox e where e.key = o.id and e.type = 'order.OrderChanged')""")
        return findings("bus-8", "other", "a way that no order may go", found) + findings(
            "bus-6", "lost", "an order of which nothing was ever told", (row["id"] for row in silent))

    @staticmethod
    def mistakes(row):
        step = f"{row['before'] or 'nothing'} → {row['state']}"
        if row["previous"] != row["before"]:
            yield f"{step}, though it says that it was {row['previous'] or 'nothing'}"
        elif row["state"] not in NEXT.get(row["before"], ()):
            yield f"{step} is not in the table"
        if row["is_repeated"]:
            yield f"{step}: two events with the same number"
        if row["is_unknown"]:
            yield f"{step} of an order that is not in the books"
        elif row["is_stale"] or row["is_ahead"]:
            yield f"{step} is the last that was told, and the books have another state"
