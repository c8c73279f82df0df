"""The chain: nothing on it that nobody asked for, nothing twice, and enough of it."""

from storm.settings import SUN_PER_TRX

from .chain_books import PURPOSE, delegating, effects_by_leg, effects_by_order
from .check import Check
from .findings import findings
from .orders import orders


#: A block is made within this of its own time, and is given what came until then.
BLOCK_MILLISECONDS = 1_000


class OnlyWhatWasAskedFor(Check):
    """All that our wallets have sent was signed for a leg of an order, and its sending recorded before it was sent."""

    name = "only_what_was_asked_for"
    promises = ("I10", "I13")

    def run(self, evidence):
        books = delegating(evidence)
        unknown, unsent, late, other, foreign = [], [], [], [], []
        for transaction in books.sent:
            signed = books.signed.get(transaction.txid)
            if transaction.type not in PURPOSE:
                foreign.append(f"{transaction.txid}: a {transaction.type} of {transaction.owner}")
            elif signed is None:
                unknown.append(f"{transaction.txid}: a {transaction.type} of {transaction.owner}")
            else:
                if signed.sent_ms is None:
                    unsent.append(f"{transaction.txid} of {signed.leg}")
                elif signed.sent_ms > transaction.time_ms + BLOCK_MILLISECONDS:
                    late.append(f"{transaction.txid} of {signed.leg}: {signed.sent_ms - transaction.time_ms} ms")
                other += self._differences(transaction, signed)
        ours = [
            f"{effect.txid}: {effect.supplier} lent to {effect.receiver}" for effect in books.effects.values()
            if effect.receiver in books.suppliers]
        return (
            findings("I13", "twice", "a transaction that no order asked for", unknown)
            + findings("I13", "other", "a transaction that is none of this business", foreign)
            + findings("I10", "other", "a transaction on the chain without a record of its sending", unsent)
            + findings("I10", "other", "a sending that was recorded after its transaction's block", late)
            + findings("I13", "other", "a transaction other than its leg", other)
            + findings("I13", "other", "energy lent to a wallet of ours", ours))

    @staticmethod
    def _differences(transaction, signed):
        value = transaction.value
        facts = {
            "purpose": (PURPOSE[transaction.type], signed.purpose), "supplier": (transaction.owner, signed.supplier),
            "receiver": (value.get("receiver_address"), signed.receiver), "sun": (value.get("balance"), signed.stake),
            "resource": (value.get("resource", "BANDWIDTH"), "ENERGY"), "lock": (bool(value.get("lock")), False),
        }
        return [
            f"{transaction.txid} of {signed.leg}: {name} is {found} on the chain, {expected} in the books"
            for name, (found, expected) in facts.items() if found != expected]


class DelegationsAreInTheBooks(Check):
    """At every instant: each delegation and reclaim on the chain was signed and its sending recorded before."""

    name = "delegations_are_in_the_books"
    promises = ("I10", "I13")
    always = True

    def __init__(self):
        #: What was found in the books once stays there, so each look asks for the new ones.
        self.known = set()

    def run(self, evidence):
        suppliers = {row["address"] for row in evidence.sql("select address from tx_svc.supplier_wallets")}
        new = {
            record.txid: record for record in evidence.chain.delegations()
            if record.txid not in self.known and record.supplier in suppliers}
        rows = evidence.sql("""
            select t.id, l.supplier, d.receiver, l.stake, t.purpose,
              exists (select from tx_svc.sendings s where s.tx_id = t.id) as was_sent
            from unnest(%s::text[]) as chain(id) join tx_svc.transactions t on t.id = chain.id
              join tx_svc.legs l on l.id = t.leg_id join tx_svc.delegations d on d.id = t.order_id""", (list(new),))
        found = {row["id"]: row for row in rows}
        wrong = []
        for txid, record in new.items():
            row = found.get(txid)
            purpose = "delegate" if record.is_delegate else "reclaim"
            facts = (record.supplier, record.receiver, record.sun, purpose, True)
            if row is None:
                wrong.append(f"{txid} of {record.supplier} to {record.receiver}")
            elif facts != (row["supplier"], row["receiver"], row["stake"], row["purpose"], row["was_sent"]):
                wrong.append(f"{txid} is {facts} on the chain, {dict(row)} in the books")
            elif record.solid and not evidence.is_planted:
                self.known.add(txid)
        return findings("I13", "twice", "on the chain, and not so in the books", wrong)


class OneEffectOfEachLeg(Check):
    """For one leg, one transaction took effect: one that lent, and one that took back."""

    name = "one_effect_of_each_leg"
    promises = ("I10",)

    def run(self, evidence):
        twice = []
        for leg, effects in effects_by_leg(evidence).items():
            for purpose, list_ in zip(("delegated", "reclaimed"), effects):
                if len(list_) > 1:
                    twice.append(f"{leg} was {purpose} by {', '.join(sorted(effect.txid for effect in list_))}")
        dead = [
            f"{txid} of {signed.leg}" for txid, signed in delegating(evidence).signed.items()
            if signed.state == "dead" and txid in delegating(evidence).effects]
        return findings("I10", "twice", "a leg with two effects", twice) + findings(
            "I10", "twice", "a transaction that was given up, and took effect", dead)


class EnergyIsDelivered(Check):
    """What an order was charged for is on the chain: staked sun that carries at least its energy."""

    name = "energy_is_delivered"
    promises = ("I9", "I11")

    def run(self, evidence):
        limit, weight = ratio(evidence)
        effects = effects_by_order(evidence)
        lost, less, otherwise = [], [], []
        for row in orders(evidence).values():
            delegated = effects.get(row["id"], ([], []))[0]
            if row["state"] in ("active", "ending", "completed"):
                sun = sum(effect.sun for effect in delegated)
                if not delegated:
                    lost.append(f"{row['id']} is {row['state']}")
                elif sun * limit < row["delivered"] * weight * SUN_PER_TRX:
                    less.append(f"{row['id']}: {sun} sun for {row['delivered']} energy")
                if row["delivered"] != row["energy"]:
                    less.append(f"{row['id']}: {row['delivered']} of {row['energy']} energy")
                if sorted(effect.txid for effect in delegated) != sorted(row["delegate_txs"]):
                    otherwise.append(f"{row['id']} names {row['delegate_txs']}")
                if any(effect.receiver != row["receiver"] for effect in delegated):
                    otherwise.append(f"{row['id']} is for {row['receiver']}")
            if row["state"] == "completed":
                reclaimed = effects.get(row["id"], ([], []))[1]
                if sorted(effect.txid for effect in reclaimed) != sorted(row["reclaim_txs"]):
                    otherwise.append(f"{row['id']} names the reclaims {row['reclaim_txs']}")
        return (
            findings("bus-1", "lost", "an order without any energy on the chain", lost)
            + findings("I11", "lost", "an order with too little energy", less)
            + findings("I10", "other", "an order that names other transactions than the chain has", otherwise))


class LentAsBooked(Check):
    """What the chain says is lent, pair by pair, is what the effects add up to: nothing, once it is quiet."""

    name = "lent_as_booked"
    promises = ("I11",)

    def run(self, evidence):
        books = delegating(evidence)
        sums = {}
        for effect in books.effects.values():
            sign = 1 if effect.purpose == "delegate" else -1
            pair = (effect.supplier, effect.receiver)
            sums[pair] = sums.get(pair, 0) + sign * effect.sun
        lent = {
            (entry["from"], entry["to"]): entry["unlocked"] + entry["locked"]
            for entry in evidence.chain.ledger()["head"]["entries"]
            if entry["from"] in books.suppliers and entry["resource"] == "ENERGY"}
        differing = [
            f"{pair[0]} to {pair[1]}: {lent.get(pair, 0)} sun lent, {sums.get(pair, 0)} by the transactions"
            for pair in sums.keys() | lent.keys() if lent.get(pair, 0) != sums.get(pair, 0)]
        left = [f"{pair[0]} to {pair[1]}: {sun} sun" for pair, sun in lent.items() if sun]
        live = evidence.sql("""
            select id, state from tx_svc.legs where state not in ('reclaimed', 'dead') or reserved_by is not null
              or is_counted or lent_to is not null""")
        kept = evidence.sql("""
            select address, reserved, delegated from tx_svc.supplier_wallets where reserved <> 0 or delegated <> 0""")
        return (
            findings("I11", "other", "a pair that lends otherwise than its transactions say", differing)
            + findings("I12", "lost", "still lent when everything has ended", left)
            + findings("I11", "other", "a leg that the books still count", (
                f"{row['id']}: {row['state']}" for row in live))
            + findings("I11", "other", "a wallet that still counts something as lent or promised", (
                f"{row['address']}: {row['reserved']} promised, {row['delegated']} lent" for row in kept)))


def ratio(evidence):
    """(total energy limit, total staked TRX for it) of the network: energy of one TRX is their quotient."""
    def read(it):
        resource = it.chain.resource_of(next(iter(sorted(delegating(it).suppliers)), None))
        return resource["TotalEnergyLimit"], resource["TotalEnergyWeight"]
    return evidence.derive("ratio", read, of=("chain",))
