"""Money: nothing made, nothing lost, nothing below zero; each order is charged once, each hold settled once."""

from .chain_books import delegating
from .check import Check
from .findings import findings
from .orders import orders

CHARGED = ("active", "ending", "completed")
UNCHARGED = ("rejected", "failed", "cancelled")

#: All accounts by their lines: what was credited less what was debited.
BALANCES = """
    with lines as (
      select credit as account, currency, amount from wallet_svc.journal
      union all select debit, currency, -amount from wallet_svc.journal)
    select account, currency, sum(amount) as balance from lines group by account, currency"""


class BooksBalance(Check):
    """In each currency debits are credits; a customer's balance is the sum of its lines, and never below zero."""

    name = "books_balance"
    promises = ("I7", "I8", "bus-2", "bus-3")
    always = True

    def run(self, evidence):
        balances = {(row["account"], row["currency"]): int(row["balance"]) for row in evidence.sql(BALANCES)}
        kept = evidence.sql("select id, currency, available, held from wallet_svc.accounts")
        wrong = []
        for currency in ("TRX", "USDT"):
            total = sum(balance for (_, name), balance in balances.items() if name == currency)
            if total:
                wrong.append(f"all accounts add up to {total} {currency}")
        below = [
            f"{account} has {balance} {currency}" for (account, currency), balance in balances.items()
            if balance < 0 and account.startswith(("customer:", "held:"))]
        seen = set()
        for row in kept:
            customer = row["id"].partition("/")[0]
            for prefix, balance in (("customer", row["available"]), ("held", row["held"])):
                account = (f"{prefix}:{customer}", row["currency"])
                seen.add(account)
                if balances.get(account, 0) != balance:
                    wrong.append(f"{account[0]} has {balance} {account[1]}, its lines say {balances.get(account, 0)}")
                if balance < 0:
                    below.append(f"{account[0]} has {balance} {account[1]}")
        wrong += [
            f"{account} has lines and no balance" for account, currency in balances
            if account.startswith(("customer:", "held:")) and (account, currency) not in seen]
        bad = evidence.sql("""
            select id, amount from wallet_svc.journal
            where amount <= 0 or debit = credit or currency not in ('TRX', 'USDT') limit 100""")
        return (
            findings("I7", "other", "books that do not balance", wrong)
            + findings("I8", "other", "below zero", below)
            + findings("I7", "other", "a line that moves nothing", (f"{row['id']}: {row['amount']}" for row in bad)))


#: Of each order: what its lines set aside, gave back and took; the hold's own row; what the order says.
HOLDS = """
    with moved as (
      select order_id,
        coalesce(sum(amount) filter (where kind = 'hold' and credit = 'held:' || customer), 0) as held,
        coalesce(sum(amount) filter (where kind = 'release' and debit = 'held:' || customer), 0) as released,
        coalesce(sum(amount) filter (where kind = 'capture' and credit = 'revenue'), 0) as captured,
        coalesce(sum(amount) filter (where kind = 'capture' and debit = 'held:' || customer and credit <> 'revenue'), 0)
          as returned,
        count(*) filter (where kind = 'hold') as holds, count(*) filter (where kind = 'release') as releases,
        count(*) filter (where kind = 'capture' and credit = 'revenue') as captures,
        min(customer) as customer, max(customer) as customer_max
      from wallet_svc.journal where kind in ('hold', 'release', 'capture') group by order_id
    )
    select coalesce(m.order_id, h.id) as id, m.*, h.id as hold_id, h.state, h.amount, h.captured as hold_captured,
      h.customer as hold_customer
    from moved m full join wallet_svc.holds h on h.id = m.order_id
    where not (
      m.order_id is not null and h.id is not null and m.customer = h.customer and m.customer = m.customer_max
      and m.holds = 1 and m.held = h.amount and (
        h.state = 'held' and m.releases + m.captures = 0 and m.returned = 0
        or h.state = 'released' and m.releases = 1 and m.captures = 0 and m.released = m.held and m.returned = 0
        or h.state = 'captured' and m.releases = 0 and m.captures <= 1 and m.captured = h.captured
          and m.captured + m.returned = m.held and m.captures = (h.captured > 0)::int)
      or m.order_id is null and h.state in ('refused', 'barred'))"""


LINES = ("holds", "releases", "captures", "held", "released", "captured", "returned")


class HoldsAreSettledOnce(Check):
    """What was set aside is taken or given back, once, whole; and it is what the hold says of itself."""

    name = "holds_are_settled_once"
    promises = ("I8", "bus-4")
    always = True

    def run(self, evidence):
        twice, other = [], []
        for row in evidence.sql(HOLDS):
            lines = {name: row[name] for name in LINES}
            text = f"{row['id']} is {row['state']} of {row['amount']}, its lines: {lines}"
            moved = (row["released"] or 0) + (row["captured"] or 0) + (row["returned"] or 0)
            too_much = row["holds"] and (moved > row["held"] or row["releases"] + row["captures"] > 1)
            (twice if too_much else other).append(text)
        kept = evidence.sql("""
            with open as (
              select customer, sum(amount) as held from wallet_svc.holds where state = 'held' group by customer)
            select a.id, a.held, coalesce(h.held, 0) as held_for_orders
            from wallet_svc.accounts a left join open h on h.customer = a.id
            where a.currency = 'TRX' and a.held <> coalesce(h.held, 0)""")
        return (
            findings("bus-4", "twice", "a hold that was settled twice", twice)
            + findings("I8", "other", "a hold that its lines contradict", other)
            + findings("I8", "other", "what is set aside is not what the orders hold", (
                f"{row['id']}: {row['held']}, its orders hold {row['held_for_orders']}" for row in kept)))


class ChargedOnce(Check):
    """A delivered order is charged once, its price; any other order is not charged, and nothing stays set aside."""

    name = "charged_once"
    promises = ("I8", "I9", "bus-4")

    def run(self, evidence):
        charges = _charges(evidence)
        lost, twice, other = [], [], []
        for row in orders(evidence).values():
            count, captured = charges.pop(row["id"], (0, 0))
            due = charge_of(row) if row["state"] in CHARGED else 0
            text = f"{row['id']} is {row['state']}, due are {due} sun, taken were {captured} in {count} lines"
            if captured < due:
                lost.append(text)
            elif count > 1 or captured > due:
                twice.append(text)
            elif row["charged"] != captured:
                other.append(f"{text}, the order says {row['charged']}")
        twice += [f"{order} is not in the books of orders, taken were {charge[1]}" for order, charge in charges.items()]
        open_holds = evidence.sql("select id, amount from wallet_svc.holds where state = 'held'")
        waiting = evidence.sql("select id from wallet_svc.waiting_captures")
        return (
            findings("I9", "lost", "an order that was not paid", lost)
            + findings("I9", "twice", "an order that was paid more than once, or more than its price", twice)
            + findings("I9", "other", "an order that says otherwise what was paid", other)
            + findings("I8", "lost", "money that stays set aside", (
                f"{row['id']}: {row['amount']} sun" for row in open_holds))
            + findings("I9", "lost", "a payment that waits", (row["id"] for row in waiting)))


def _charges(evidence):
    """`{order: (lines, sun)}` of what went to revenue; refunds of operators are not charges."""
    return {row["order_id"]: (row["lines"], int(row["amount"])) for row in evidence.sql("""
        select order_id, count(*) as lines, sum(amount) as amount from wallet_svc.journal
        where credit = 'revenue' group by order_id""")}


def charge_of(row):
    """What an order that was delivered costs: in proportion to what came, rounded down."""
    delivered = min(row["delivered"], row["energy"])
    return row["price"] * delivered // row["energy"]


class CostsAreBurned(Check):
    """What an order is said to have cost is what its transactions have burned on the chain, posted once."""

    name = "costs_are_burned"
    promises = ("I9",)

    def run(self, evidence):
        books = delegating(evidence)
        burned = {}
        for transaction in books.sent:
            signed = books.signed.get(transaction.txid)
            if signed is not None and transaction.fee:
                burned[signed.order] = burned.get(signed.order, 0) + transaction.fee
        posted = {row["order_id"]: row for row in evidence.sql("""
            select order_id, count(*) as lines, sum(amount) as amount from wallet_svc.journal
            where kind = 'cost' group by order_id""")}
        wrong = []
        for row in orders(evidence).values():
            if row["state"] != "completed":
                continue
            cost, line = burned.get(row["id"], 0), posted.get(row["id"], {"lines": 0, "amount": 0})
            if cost != row["cost"] or cost != int(line["amount"]) or line["lines"] > 1:
                posting = f"{line['amount']} posted in {line['lines']} lines"
                wrong.append(f"{row['id']}: {cost} sun burned, {row['cost']} noted, {posting}")
        return findings("I9", "other", "an order with wrong costs", wrong)


class NoAlarmOfItsOwn(Check):
    """The product's own watchers have found no difference: a false alarm is a mistake, a true one is worse."""

    name = "no_alarm_of_its_own"
    promises = ("I7", "I11", "I12")
    QUERIES = (
        ("I7", "the ledger's own check", "select id, findings::text as what from wallet_svc.ledger_differences"),
        ("I7", "customers whose payments are stopped", "select id, since::text as what from wallet_svc.ledger_freezes"),
        ("I7", "sealing is in trouble", "select id, trouble as what from wallet_svc.ledger_head where trouble <> ''"),
        ("I11", "the pool's own check",
         "select id, concat_ws(' ', kind, state, ours, on_chain) as what from tx_svc.ledger_differences "
         "where reported_at is not null"),
        ("I12", "late to be taken back",
         "select id, order_id as what from tx_svc.late_reclaims where settled_at is null"),
        ("I13", "a transaction of nobody's",
         "select id, order_id || ' ' || purpose as what from tx_svc.stray_transactions"),
    )

    def run(self, evidence):
        found = []
        for promise, what, query in self.QUERIES:
            found += findings(promise, "other", what, (f"{row['id']}: {row['what']}" for row in evidence.sql(query)))
        return found
