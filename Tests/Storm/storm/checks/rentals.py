"""Rentals: each is taken back, exactly, and never before its end."""

from .chain_books import delegating, effects_by_leg, effects_by_order
from .check import Check
from .findings import findings
from .orders import orders

#: Orders whose customer never had the energy: what was lent of them may be taken back at once.
UNDELIVERED = ("failed", "cancelled", "rejected")


class TakenBackExactly(Check):
    """Of each leg exactly the sun that was lent comes back, and all legs come back."""

    name = "taken_back_exactly"
    promises = ("I11", "I12")

    def run(self, evidence):
        never, other, invented = [], [], []
        for leg, (delegated, reclaimed) in effects_by_leg(evidence).items():
            lent, back = sum(effect.sun for effect in delegated), sum(effect.sun for effect in reclaimed)
            if delegated and not reclaimed:
                never.append(f"{leg}: {lent} sun")
            elif reclaimed and not delegated:
                invented.append(f"{leg}: {back} sun")
            elif lent != back:
                other.append(f"{leg}: {lent} sun were lent, {back} taken back")
        return (
            findings("I12", "lost", "never taken back", never)
            + findings("I11", "twice", "taken back, and never lent", invented)
            + findings("I11", "other", "taken back otherwise than lent", other))


class NoneEndsEarly(Check):
    """Nothing is taken back before the end that the customer was told, nor before its duration is over."""

    name = "none_ends_early"
    promises = ("I12",)

    def run(self, evidence):
        early = []
        effects = effects_by_order(evidence)
        for row in orders(evidence).values():
            delegated, reclaimed = effects.get(row["id"], ((), ()))
            if not delegated or not reclaimed or row["state"] in UNDELIVERED:
                continue
            taken = min(effect.time_ms for effect in reclaimed)
            owed = max(effect.time_ms for effect in delegated) + row["duration_seconds"] * 1000
            told = round(row["ends_at"] * 1000) if row["ends_at"] is not None else None
            if taken < owed:
                early.append(f"{row['id']}: {owed - taken} ms before its time was over")
            elif told is None or taken < told:
                early.append(f"{row['id']}: taken back at {taken}, told to end at {told}")
            elif told < owed:
                early.append(f"{row['id']}: told to end {owed - told} ms before its time is over")
        return findings("I12", "other", "a rental that was cut short", early)


class NoneEndsEarlyNow(Check):
    """The same at every instant, for what was taken back since the last look."""

    name = "none_ends_early_now"
    promises = ("I12",)
    always = True

    def __init__(self):
        self.seen = 0

    def run(self, evidence):
        records = evidence.chain.delegations()
        new = [record for record in records if record.sequence > self.seen and not record.is_delegate]
        if records and not evidence.is_planted:
            self.seen = max((record.sequence for record in records if record.solid), default=self.seen)
        rows = evidence.sql("""
            select t.id, t.order_id, d.started_at_ms + d.duration_seconds * 1000 as owed_ms, d.ends_at_ms
            from unnest(%s::text[]) as chain(id) join tx_svc.transactions t on t.id = chain.id
              join tx_svc.delegations d on d.id = t.order_id
            where d.state not in ('failing', 'failed')""", ([record.txid for record in new],))
        ends = {row["id"]: row for row in rows}
        early = []
        for record in new:
            row = ends.get(record.txid)
            if row is None:
                continue
            if row["owed_ms"] is None or row["ends_at_ms"] is None:
                early.append(f"{row['order_id']}: {record.txid}, and no end was set")
                continue
            if record.time_ms < max(row["owed_ms"], row["ends_at_ms"]):
                early.append(f"{row['order_id']}: {record.txid}, {row['ends_at_ms'] - record.time_ms} ms too early")
        return findings("I12", "other", "a rental that was cut short", early)


class UndeliveredIsTakenBack(Check):
    """An order that was not delivered has nothing on the chain: what was lent of it came back."""

    name = "undelivered_is_taken_back"
    promises = ("I11", "I13")

    def run(self, evidence):
        books, effects = orders(evidence), effects_by_order(evidence)
        unknown = [order for order in effects if order not in books]
        refused = [
            f"{order} is rejected" for order in effects if order in books and books[order]["state"] == "rejected"]
        states = evidence.sql("""
            select d.id, d.state, o.state as told from tx_svc.delegations d left join order_svc.orders o on o.id = d.id
            where (o.state in ('failed', 'cancelled') and d.state <> 'failed')
              or (o.state = 'completed' and d.state <> 'reclaimed') or o.id is null or o.state = 'rejected'""")
        unsettled = [
            f"{txid} of {signed.leg} is {signed.state}" for txid, signed in delegating(evidence).signed.items()
            if signed.state not in ("solid", "dead")]
        return (
            findings("I13", "twice", "energy for an order that does not exist", unknown)
            + findings("I13", "twice", "energy for an order that was refused", refused)
            + findings("bus-13", "other", "a delegation that ended otherwise than its order", (
                f"{row['id']} is {row['state']}, the order {row['told']}" for row in states))
            + findings("bus-13", "other", "a transaction of which it is not known what came of it", unsettled))
