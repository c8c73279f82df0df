"""Orders: what was acknowledged exists, once, as it was asked for, and ends."""

import collections

from .check import Check
from .findings import findings
from .order_states import END_STATES
from .story import gateway_key, story


class Orders(dict):
    """The books' orders by id: rows with id, customer, origin, receiver, energy, …"""


def orders(evidence):
    """All orders of order-svc; read once."""
    return evidence.derive("orders", lambda it: Orders((row["id"], row) for row in it.sql("""
        select id, customer, origin, receiver, energy, duration_seconds, price, state, failure, delivered, charged,
          cost, seq, delegate_txs, reclaim_txs, extract(epoch from delivered_at)::float8 as delivered_at,
          extract(epoch from ends_at)::float8 as ends_at, extract(epoch from created_at)::float8 as created_at
        from order_svc.orders""")), of=("books",))


def key_of(row):
    return row["receiver"], row["energy"], row["duration_seconds"]


class AcknowledgedOrdersExist(Check):
    """Whoever was told the id of an order has that order, and it is the one that was asked for."""

    name = "acknowledged_orders_exist"
    promises = ("bus-1", "I2", "I3")

    def run(self, evidence):
        told, books = story(evidence), orders(evidence)
        lost, other = [], []
        for ask in told.asks.values():
            for order in ask.orders:
                row = books.get(order)
                if row is None:
                    lost.append(f"{order}, told to {ask.customer} for the key {ask.key}, is not in the books")
                elif row["customer"] != ask.customer or key_of(row) not in ask.terms:
                    other.append(
                        f"{order} is of {row['customer']} {key_of(row)}; {ask.customer} asked for {sorted(ask.terms)}")
        seen = (order for order, what in told.told.items() if what.sayings and order not in books)
        answered = {order for ask in told.asks.values() for order in ask.orders}
        lost += [f"{order}, shown to its customer, is not in the books" for order in seen if order not in answered]
        return findings("bus-1", "lost", "an acknowledged order", lost) + findings(
            "bus-1", "other", "an order that nobody asked for so", other)


class OneOrderForOneKey(Check):
    """A key has one order, whatever was repeated; nobody has an order that was not sent."""

    name = "one_order_for_one_key"
    promises = ("bus-9", "I9")

    def run(self, evidence):
        told = story(evidence)
        twice = [
            f"{ask.key} of {ask.customer} was answered with {', '.join(sorted(ask.orders))}"
            for ask in told.asks.values() if len(ask.orders) > 1]
        shared = collections.Counter(order for ask in told.asks.values() for order in ask.orders)
        twice += [f"{order} was the answer to {count} keys" for order, count in shared.items() if count > 1]
        return (
            findings("bus-9", "twice", "a key with two orders", twice)
            + self._more_than_asked(evidence)
            + self._recorded_otherwise(evidence))

    def _more_than_asked(self, evidence):
        """Of each customer: at most as many orders of the same terms as were sent."""
        told = story(evidence)
        if not told.asks:
            return []
        asked = collections.Counter(
            (ask.customer, *terms) for ask in told.asks.values() for terms in ask.terms)
        ours = {ask.customer for ask in told.asks.values()}
        made = collections.Counter(
            (row["customer"], *key_of(row)) for row in orders(evidence).values() if row["customer"] in ours)
        return findings("bus-9", "twice", "more orders than were asked for", (
            f"{terms}: {count} orders, {asked[terms]} asked for"
            for terms, count in made.items() if count > asked[terms]))

    def _recorded_otherwise(self, evidence):
        """The gateway's row of a key names the order that the key's answers named."""
        rest = [ask for ask in story(evidence).asks.values() if ask.orders and ask.channel == "rest"]
        found = recorded(evidence) if rest else {}
        wrong = []
        for ask in rest:
            row = found.get(gateway_key(ask.key))
            if row is None or row["order_id"] not in ask.orders:
                wrong.append(f"{ask.key}: answered {sorted(ask.orders)}, recorded {row and row['order_id']}")
        return findings("bus-9", "other", "a key that the gateway records otherwise", wrong)


class RecordedOrdersArePlaced(Check):
    """What the gateway has recorded reaches order-svc, word for word, and its last state comes back."""

    name = "recorded_orders_are_placed"
    promises = ("I2", "bus-1")

    def run(self, evidence):
        rows = evidence.sql("""
            select r.order_id, o.id is null as is_lost, r.snapshot->>'state' as told, o.state,
              (r.customer, r.receiver, r.energy, r.duration_seconds)
                is distinct from (o.customer, o.receiver, o.energy, o.duration_seconds) as is_other
            from gateway.rest_orders r left join order_svc.orders o on o.id = r.order_id
            where o.id is null or r.snapshot->>'state' is distinct from o.state
              or (r.customer, r.receiver, r.energy, r.duration_seconds)
                is distinct from (o.customer, o.receiver, o.energy, o.duration_seconds)""")
        unrecorded = evidence.sql("""
            select o.id, o.customer from order_svc.orders o left join gateway.rest_orders r on r.order_id = o.id
            where o.origin = 'rest' and r.order_id is null""")
        lost = [row["order_id"] for row in rows if row["is_lost"]]
        other = [row["order_id"] for row in rows if row["is_other"] and not row["is_lost"]]
        stale = [
            f"{row['order_id']}: the gateway has {row['told']}, the books {row['state']}"
            for row in rows if not row["is_lost"] and not row["is_other"]]
        return (
            findings("bus-1", "lost", "an order that the gateway recorded and nobody placed", lost)
            + findings("bus-1", "other", "an order that was placed otherwise than recorded", other)
            + findings("I2", "lost", "an order whose end the gateway was never told", stale)
            + findings("bus-6", "other", "an order of REST without a record in the gateway", (
                f"{row['id']} of {row['customer']}" for row in unrecorded)))


class OrdersEnd(Check):
    """Once it is quiet, no order waits for anything."""

    name = "orders_end"
    promises = ("bus-13",)

    def run(self, evidence):
        open_orders = [row for row in orders(evidence).values() if row["state"] not in END_STATES]
        return findings("bus-13", "lost", "an order that has not ended", (
            f"{row['id']} is {row['state']}" for row in open_orders))


class UnknownOutcomes(Check):
    """Orders whose customer never had an answer may exist or not; if they do, they are what was asked for. Whoever was
    refused, and has no reason to doubt it, has none."""

    name = "unknown_outcomes"
    promises = ("bus-unknown", "edge")

    def run(self, evidence):
        rows = recorded(evidence)
        wrong, refused = [], []
        for ask in story(evidence).asks.values():
            row = rows.get(gateway_key(ask.key)) if ask.channel == "rest" and not ask.is_answered else None
            if row is None:
                continue
            if row["customer"] != ask.customer or key_of(row) not in ask.terms:
                wrong.append(f"{ask.key} of {ask.customer} has {row['order_id']} of {row['customer']} {key_of(row)}")
            if ask.refusals and not ask.is_uncertain:
                refused.append(f"{ask.key} of {ask.customer} was told {sorted(ask.refusals, key=str)}, and has "
                               f"{row['order_id']}")
        return findings(
            "bus-unknown", "other", "an order whose customer had no answer, other than asked for", wrong) + findings(
            "edge", "other", "an order whose customer was refused", refused)


def recorded(evidence):
    """`{gateway_key of a client's key: gateway's row}`"""
    return evidence.derive("recorded", lambda it: {row["digest"]: row for row in it.sql("""
        select split_part(id, ':', 2) as digest, order_id, customer, receiver, energy, duration_seconds,
          extract(epoch from created_at)::float8 as created_at
        from gateway.rest_orders""")}, of=("books",))


class ReplaysAreTold(Check):
    """A key has one first answer. Whoever asks again with it after its answer is told that this is the same order."""

    name = "replays_are_told"
    promises = ("I9", "bus-9")

    def run(self, evidence):
        first, told_first = {}, collections.Counter()
        silent = []
        for line in evidence.history:
            if line["what"] != "order_answered" or line["order"] is None or line.get("gateway") == "telegram":
                continue
            key, is_replayed = line["key"], line.get("replayed", False)
            told_first[key] += not is_replayed
            began, answered_at = line["at"] - line.get("seconds", 0.0), first.setdefault(key, line["at"])
            if not is_replayed and began > answered_at:
                silent.append(f"{key}: answered {line['status']} as if it were new")
        return findings("I9", "other", "a repetition that was not told to be one", silent) + findings(
            "I9", "twice", "a key with two first answers", (
                f"{key}: {count}" for key, count in told_first.items() if count > 1))


class CancelsHold(Check):
    """Nothing is cancelled that nobody asked to cancel; what was said to be too late is not cancelled."""

    name = "cancels_hold"
    promises = ("I2",)

    def run(self, evidence):
        told = story(evidence).told
        if not story(evidence).asks:
            return []
        unasked, refused = [], []
        for row in orders(evidence).values():
            if row["state"] != "cancelled":
                continue
            cancels = told[row["id"]].cancels if row["id"] in told else []
            # In Telegram there is no button to cancel what was confirmed.
            if not cancels:
                unasked.append(row["id"])
            answers = [status for _, status in cancels if status is not None]
            if 409 in answers and 202 not in answers:
                refused.append(row["id"])
        return findings("I2", "other", "an order that was cancelled by nobody", unasked) + findings(
            "I2", "other", "an order that was cancelled after 'too late'", refused)


class FailuresAreNamed(Check):
    """An order that did not deliver says why, with a code of the API; one that did says nothing."""

    name = "failures_are_named"
    promises = ("api",)
    CODES = frozenset("""
        expired price_changed unknown_product energy_out_of_range insufficient_balance already_released
        receiver_not_activated receiver_is_contract receiver_not_allowed pool_empty signing_paused deadline
        chain_refused cancelled_by_customer""".split())

    def run(self, evidence):
        wrong = []
        for row in orders(evidence).values():
            must_fail = row["state"] in ("rejected", "failed", "cancelled")
            if must_fail != (row["failure"] is not None) or (must_fail and row["failure"] not in self.CODES):
                wrong.append(f"{row['id']} is {row['state']} with the failure {row['failure']}")
        return findings("api", "other", "an order with a wrong reason", wrong)
