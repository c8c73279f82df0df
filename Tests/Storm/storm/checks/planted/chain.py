"""Mistakes with energy on the chain that the checks must find."""

from ..chain_books import DELEGATE, RECLAIM, delegating
from ..planting import one_of, pick, planted
from ..simulators import Delegation


def sent_of(evidence, random, type):
    """(list of the owner's transactions, place of one of this type that took effect)."""
    books = delegating(evidence)
    choices = []
    for supplier in sorted(books.suppliers):
        transactions = evidence.chain.transactions(supplier)
        choices += [
            (transactions, place) for place, transaction in enumerate(transactions)
            if transaction.type == type and transaction.succeeded and transaction.txid in books.signed]
    return one_of(random, choices)


def planted_chain(type, change):
    """A plant that changes one transaction of the chain: `change(transactions, place)` says in words what it did."""
    def plant(evidence, random):
        chosen = sent_of(evidence, random, type)
        return change(*chosen)
    return plant


def early_reclaim(evidence, random):
    chosen = sent_of(evidence, random, RECLAIM)
    transactions, place = chosen
    transaction = transactions[place] = transactions[place]._replace(time_ms=transactions[place].time_ms - 3_600_000)
    return f"the reclaim {transaction.txid} was an hour earlier"


def lost_reclaim(transactions, place):
    return f"the reclaim {transactions.pop(place).txid} never happened"


def short_reclaim(transactions, place):
    transaction = transactions[place]
    value = {**transaction.value, "balance": transaction.value["balance"] - 1}
    transactions[place] = transaction._replace(value=value)
    return f"the reclaim {transaction.txid} took one sun less"


def lost_delegation(transactions, place):
    return f"the delegation {transactions.pop(place).txid} never happened"


def foreign_delegation(transactions, place):
    transactions.append(transactions[place]._replace(txid="ab" * 32))
    return "a delegation that nobody has signed"


def double_delegation(evidence, random):
    chosen = sent_of(evidence, random, DELEGATE)
    transactions, place = chosen
    evidence.execute("""
        insert into tx_svc.transactions
        select (jsonb_populate_record(t, jsonb_build_object('id', repeat('cd', 32), 'state', 'dead'))).*
        from tx_svc.transactions t where id = %s""", (transactions[place].txid,))
    transactions.append(transactions[place]._replace(txid="cd" * 32))
    return f"the leg of {transactions[place].txid} was delegated twice"


def unrecorded_sending(evidence, random):
    chosen = sent_of(evidence, random, DELEGATE)
    txid = chosen[0][chosen[1]].txid
    evidence.execute("delete from tx_svc.sendings where tx_id = %s", (txid,))
    return f"nobody has recorded a sending of {txid}"


def sending_recorded_late(evidence, random):
    transactions, place = sent_of(evidence, random, DELEGATE)
    txid = transactions[place].txid
    evidence.execute("update tx_svc.sendings set sent_at = sent_at + interval '1 hour' where tx_id = %s", (txid,))
    return f"{txid} was on the chain an hour before it was recorded that it is sent"


def delegation_meanwhile(evidence, random):
    records = evidence.chain.delegations()
    record = one_of(random, records)
    records.append(record._replace(sequence=records[-1].sequence + 1, txid="ef" * 32))
    return f"{record.supplier} lends to {record.receiver} once more"


def early_reclaim_meanwhile(evidence, random):
    row = pick(evidence, random, """
        select t.id, l.supplier, d.receiver, l.stake, d.ends_at_ms from tx_svc.transactions t
          join tx_svc.legs l on l.id = t.leg_id join tx_svc.delegations d on d.id = t.order_id
        where t.purpose = 'reclaim' and d.state = 'reclaimed' and d.ends_at_ms is not null limit 200""")
    records = evidence.chain.delegations()
    last = records[-1].sequence if records else 0
    records.append(Delegation(
        sequence=last + 1, txid=row["id"], is_delegate=False, supplier=row["supplier"], receiver=row["receiver"],
        resource="ENERGY", sun=row["stake"], block=1, time_ms=row["ends_at_ms"] - 1, solid=True))
    return f"{row['id']} takes back a millisecond before the end"


def still_lent(evidence, random):
    supplier = random.choice(sorted(delegating(evidence).suppliers))
    ledger = evidence.chain.ledger()
    entry = {"from": supplier, "to": "T-planted", "resource": "ENERGY", "unlocked": 1_000_000, "locked": 0}
    head = {**ledger["head"], "entries": [*ledger["head"]["entries"], entry]}
    evidence.chain.kept["ledger"] = {**ledger, "head": head}
    return f"{supplier} still lends a million sun"


def reclaim_of_an_open_leg(evidence, random):
    row = pick(evidence, random, "select id from tx_svc.delegations where state = 'reclaimed' order by id limit 200")
    evidence.execute("update tx_svc.delegations set state = 'final' where id = %s", (row["id"],))
    return f"{row['id']} is not reclaimed, its order is completed"


def own_alarm(evidence, random):
    evidence.execute("""
        insert into wallet_svc.ledger_differences (id, found_by, findings, seq, found_at)
        values ('planted', 'recent', '[]', 1, now())""")
    return "the ledger's own check has found something"


PLANTED = [
    planted("own_alarm", "no_alarm_of_its_own", own_alarm),
    planted("early_reclaim", "none_ends_early", early_reclaim),
    planted("early_reclaim_meanwhile", "none_ends_early_now", early_reclaim_meanwhile),
    planted("lost_reclaim", "taken_back_exactly", planted_chain(RECLAIM, lost_reclaim)),
    planted("short_reclaim", "taken_back_exactly", planted_chain(RECLAIM, short_reclaim)),
    planted("lost_delegation", "energy_is_delivered", planted_chain(DELEGATE, lost_delegation)),
    planted("foreign_delegation", "only_what_was_asked_for", planted_chain(DELEGATE, foreign_delegation)),
    planted("double_delegation", "one_effect_of_each_leg", double_delegation),
    planted("unrecorded_sending", "only_what_was_asked_for", unrecorded_sending),
    planted("sending_recorded_late", "only_what_was_asked_for", sending_recorded_late),
    planted("delegation_meanwhile", "delegations_are_in_the_books", delegation_meanwhile),
    planted("still_lent", "lent_as_booked", still_lent),
    planted("unfinished_delegation", "undelivered_is_taken_back", reclaim_of_an_open_leg),
]
