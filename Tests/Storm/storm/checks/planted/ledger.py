"""Mistakes with money that the checks must find."""

import time

from ..deposits import paid_deposits
from ..planting import insert_line, one_of, pick, pick_completed, planted, replace_line


def lost_capture(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("delete from wallet_svc.journal where order_id = %s and kind = 'capture'", (row["id"],))
    return f"the payment of {row['id']} is gone"


def double_capture(evidence, random):
    row = pick_completed(evidence, random)
    insert_line(
        evidence, id=f"capture:{row['id']}/again", kind="capture", debit=f"held:{row['customer']}", credit="revenue",
        amount=row["charged"], order_id=row["id"], customer=row["customer"])
    return f"{row['id']} is paid twice"


def charge_for_nothing(evidence, random):
    row = pick(evidence, random, """
        select * from order_svc.orders where state in ('failed', 'cancelled', 'rejected') and price > 0 limit 200""")
    insert_line(
        evidence, id=f"capture:{row['id']}", kind="capture", debit=f"customer:{row['customer']}", credit="revenue",
        amount=row["price"], order_id=row["id"], customer=row["customer"])
    return f"{row['id']} is {row['state']} and paid"


def forgotten_hold(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("update wallet_svc.holds set state = 'held', captured = 0 where id = %s", (row["id"],))
    return f"the hold of {row['id']} is open again"


def balance_by_hand(evidence, random):
    row = pick(evidence, random, "select id from wallet_svc.accounts order by id")
    evidence.execute("update wallet_svc.accounts set available = available + 1 where id = %s", (row["id"],))
    return f"{row['id']} has one sun more than its lines"


def below_zero(evidence, random):
    row = pick(evidence, random, "select id, available from wallet_svc.accounts where currency = 'TRX' order by id")
    insert_line(
        evidence, id="debit:planted", kind="debit", debit=f"customer:{row['id']}", credit="adjustments",
        amount=row["available"] + 1, customer=row["id"])
    return f"{row['id']} spends one sun more than it has"


def consistent_theft(evidence, random):
    row = pick(evidence, random, """
        select id from wallet_svc.accounts where currency = 'TRX' and available > 0 order by id""")
    insert_line(
        evidence, id="transfer:planted", debit=f"customer:{row['id']}", credit="revenue", amount=1, customer=row["id"])
    evidence.execute("update wallet_svc.accounts set available = available - 1 where id = %s", (row["id"],))
    return f"one sun of {row['id']} goes to revenue, and all sums agree"


def given_to_nobody(evidence, random):
    insert_line(evidence, id="transfer:planted", debit="adjustments", credit="refunds", amount=1)
    return "one sun of what was given on the first day went to nobody"


def invented_cost(evidence, random):
    row = pick_completed(evidence, random)
    insert_line(
        evidence, id=f"cost:{row['id']}/planted", kind="cost", debit="costs", credit="custody:pool", amount=7,
        order_id=row["id"])
    return f"{row['id']} costs 7 sun that nobody burned"


def lost_deposit(evidence, random):
    row = pick(evidence, random, "select id from wallet_svc.journal where kind = 'deposit' limit 200")
    evidence.execute("delete from wallet_svc.journal where id = %s", (row["id"],))
    return f"{row['id']} is gone"


def double_deposit(evidence, random):
    row = pick(evidence, random, "select * from wallet_svc.journal where kind = 'deposit' limit 200")
    insert_line(
        evidence, id=f"{row['id']}/again", kind="deposit", currency=row["currency"], debit=row["debit"],
        credit=row["credit"], amount=row["amount"], customer=row["customer"])
    return f"{row['id']} is credited twice"


def credited_dust(evidence, random):
    dust = [deposit for deposit in paid_deposits(evidence) if deposit.solid and not deposit.is_creditable]
    deposit = one_of(random, dust)
    insert_line(
        evidence, id=f"deposit:{deposit.txid}", kind="deposit", currency=deposit.currency, debit="custody:deposits",
        credit=f"customer:{deposit.customer}", amount=deposit.amount, customer=deposit.customer)
    return f"the dust {deposit.txid} is credited"


def invented_payment(evidence, random):
    """So late that no block was taken back any more."""
    txid = f"{random.getrandbits(256):064x}"
    evidence.history.append({
        "at": time.time() + 3600, "kind": "deposit", "what": "deposit_paid", "customer": "cus_planted",
        "address": "T-planted", "currency": "TRX", "amount": 2_000_000, "txid": txid})
    return f"{txid} was seen in a block, and no payer has signed it"


def impossible_balance(evidence, random):
    line = replace_line(evidence, random, "balance_seen", lambda line: {"available_sun": line["available_sun"] + 1})
    return f"{line['customer']} was shown one sun too much"


def impossible_tokens(evidence, random):
    line = replace_line(
        evidence, random, "balance_seen", lambda line: {"available_usdt_micro": line["available_usdt_micro"] + 1},
        lambda line: line.get("available_usdt_micro") is not None)
    return f"{line['customer']} was shown a millionth of a USDT too much"


PLANTED = [
    planted("lost_capture", "charged_once", lost_capture),
    planted("double_capture", "holds_are_settled_once", double_capture),
    planted("charge_for_nothing", "charged_once", charge_for_nothing),
    planted("forgotten_hold", "holds_are_settled_once", forgotten_hold),
    planted("balance_by_hand", "books_balance", balance_by_hand),
    planted("below_zero", "books_balance", below_zero),
    planted("consistent_theft", "customers_money", consistent_theft),
    planted("given_to_nobody", "our_accounts", given_to_nobody),
    planted("invented_cost", "costs_are_burned", invented_cost),
    planted("lost_deposit", "deposits_are_credited_once", lost_deposit),
    planted("double_deposit", "deposits_are_credited_once", double_deposit),
    planted("credited_dust", "deposits_are_credited_once", credited_dust),
    planted("invented_payment", "deposits_paid_are_on_chain", invented_payment),
    planted("impossible_balance", "balances_shown_were_true", impossible_balance),
    planted("impossible_tokens", "balances_shown_were_true", impossible_tokens),
]
