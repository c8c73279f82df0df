"""The chain beside the books of tx-svc: what was signed for whom, and what took effect."""

import typing

DELEGATE, RECLAIM = "DelegateResourceContract", "UnDelegateResourceContract"
PURPOSE = {DELEGATE: "delegate", RECLAIM: "reclaim"}


class Signed(typing.NamedTuple):
    """A transaction that tx-svc has signed."""

    order: str
    leg: str
    purpose: str
    state: str
    supplier: str
    receiver: str
    stake: int
    #: When the books recorded, before its first byte left, that it was sent; None: they did not.
    sent_ms: int | None


class Effect(typing.NamedTuple):
    """A delegation or a reclaim that took effect on the main chain."""

    txid: str
    purpose: str
    supplier: str
    receiver: str
    resource: str
    sun: int
    block: int
    time_ms: int


class ChainBooks:
    def __init__(self, evidence):
        self.suppliers = {row["address"] for row in evidence.sql("select address from tx_svc.supplier_wallets")}
        self.signed = {row["id"]: Signed(*list(row.values())[1:]) for row in evidence.sql("""
            select t.id, t.order_id, t.leg_id, t.purpose, t.state, l.supplier, d.receiver, l.stake,
              (select (extract(epoch from min(s.sent_at)) * 1000)::bigint from tx_svc.sendings s where s.tx_id = t.id)
            from tx_svc.transactions t join tx_svc.legs l on l.id = t.leg_id
              join tx_svc.delegations d on d.id = t.order_id""")}
        #: Everything that our wallets have sent, effective or not.
        self.sent = [
            transaction for supplier in sorted(self.suppliers) for transaction in evidence.chain.transactions(supplier)]
        self.effects = {
            transaction.txid: effect_of(transaction) for transaction in self.sent
            if transaction.succeeded and transaction.type in PURPOSE}

    def by_leg(self):
        """`{leg: ([effects of delegating], [effects of reclaiming])}` of all legs with any."""
        legs = {}
        for txid, effect in self.effects.items():
            signed = self.signed.get(txid)
            if signed is not None:
                delegated, reclaimed = legs.setdefault(signed.leg, ([], []))
                (delegated if effect.purpose == "delegate" else reclaimed).append(effect)
        return legs

    def by_order(self):
        """The same by order."""
        orders = {}
        for leg, (delegated, reclaimed) in self.by_leg().items():
            ours = orders.setdefault(leg.partition("/")[0], ([], []))
            ours[0].extend(delegated)
            ours[1].extend(reclaimed)
        return orders


def effect_of(transaction):
    value = transaction.value
    return Effect(
        transaction.txid, PURPOSE[transaction.type], transaction.owner, value.get("receiver_address"),
        value.get("resource", "BANDWIDTH"), value.get("balance", 0), transaction.block, transaction.time_ms)


def delegating(evidence):
    """The chain beside the books; made once."""
    return evidence.derive("chain books", ChainBooks, of=("books", "chain"))


def effects_by_order(evidence):
    return evidence.derive("effects by order", lambda it: delegating(it).by_order(), of=("books", "chain"))


def effects_by_leg(evidence):
    return evidence.derive("effects by leg", lambda it: delegating(it).by_leg(), of=("books", "chain"))


def reverted_orders(evidence):
    """Orders that a reorganisation has touched when they were delivered: that was told twice, or withdrawn."""
    return evidence.derive("reverted orders", lambda it: {row["key"] for row in it.sql("""
        select distinct key from order_svc.outbox
        where topic = 'order.events' and type = 'order.OrderChanged'
          and position('"previous":"delivered"'::bytea in body) > 0
          and convert_from(body, 'UTF8')::json->'order'->>'state' <> 'active'""")}, of=("books",))
