"""Money: nothing below zero, every balance the sum of its lines; each order charged once, each hold settled once."""

from .carried import NOTHING_MOVED, add_moved, carried_balances, carried_holds, together
from .chain_books import delegating
from .check import Check
from .findings import findings
from .orders import orders

CHARGED = ("active", "ending", "completed")
OWN_ACCOUNTS = ("customer:", "held:")

#: All accounts by their lines: what was credited less what was debited.
BALANCES = """
    with lines as (
      select credit as account, currency, amount from wallet_svc.journal
      union all select debit, currency, -amount from wallet_svc.journal)
    select account, currency, sum(amount) as balance from lines group by account, currency"""


def balances(evidence):
    """`{(account, currency): balance}` by all lines."""
    return evidence.derive("balances", lambda it: {
        (row["account"], row["currency"]): int(row["balance"]) for row in it.sql(BALANCES)}, of=("books",))


class BooksBalance(Check):
    """A customer's balance is the sum of its lines, and never below zero."""

    name = "books_balance"
    promises = ("I7", "I8", "bus-3")
    always = True

    def __init__(self):
        self.carried = carried_balances()

    def run(self, evidence):
        if evidence.is_whole:
            summed, bad = balances(evidence), evidence.sql("""
                select id, debit, credit, currency, amount from wallet_svc.journal
                where amount <= 0 or debit = credit or currency not in ('TRX', 'USDT') limit 100""")
        else:
            kept, fresh, bad = self.carried.look(evidence)
            summed = kept.copy()
            summed.update(fresh)
        return self._compared(evidence, summed) + findings("I7", "other", "a line that moves nothing", (
            f"{row['id']}: {row['amount']}" for row in bad if not moves_something(row)))

    @staticmethod
    def _compared(evidence, summed):
        kept = evidence.sql("select id, currency, available, held from wallet_svc.accounts")
        wrong, seen = [], set()
        below = [
            f"{account} has {balance} {currency}" for (account, currency), balance in summed.items()
            if balance < 0 and account.startswith(OWN_ACCOUNTS)]
        for row in kept:
            customer = row["id"].partition("/")[0]
            for prefix, balance in (("customer", row["available"]), ("held", row["held"])):
                account = (f"{prefix}:{customer}", row["currency"])
                seen.add(account)
                if summed.get(account, 0) != balance:
                    wrong.append(f"{account[0]} has {balance} {account[1]}, its lines say {summed.get(account, 0)}")
                if balance < 0:
                    below.append(f"{account[0]} has {balance} {account[1]}")
        wrong += [
            f"{account} has lines and no balance" for account, currency in summed
            if account.startswith(OWN_ACCOUNTS) and (account, currency) not in seen]
        return findings("I7", "other", "books that do not balance", wrong) + findings(
            "I8", "other", "below zero", below)


def moves_something(line):
    return line["amount"] > 0 and line["debit"] != line["credit"] and line["currency"] in ("TRX", "USDT")


_HOLDS = "select id, state, amount, captured, customer from wallet_svc.holds"


def disagreement(moved, hold):
    """What is wrong between what an order's lines moved and what its hold says: "twice", "other", or None. There may be
    no lines (None), or no hold."""
    if moved is None:
        return None if hold["state"] in ("refused", "barred") else "other"
    settled = moved["released"] + moved["captured"] + moved["returned"]
    if moved["holds"] and (settled > moved["held"] or moved["releases"] + moved["captures"] > 1):
        return "twice"
    if hold is None or moved["customer"] != hold["customer"] or moved["strangers"]:
        return "other"
    is_held = moved["holds"] == 1 and moved["held"] == hold["amount"]
    ends = {
        "held": settled == 0 and moved["releases"] + moved["captures"] == 0,
        "released": (moved["releases"], moved["captures"], moved["returned"]) == (1, 0, 0)
        and moved["released"] == moved["held"],
        "captured": moved["releases"] == 0 and moved["captures"] == (hold["captured"] > 0)
        and moved["captured"] == hold["captured"] and settled == moved["held"],
    }
    return None if is_held and ends.get(hold["state"], False) else "other"


class HoldsAreSettledOnce(Check):
    """What was set aside is taken or given back, once, whole; and it is what the hold says of itself."""

    name = "holds_are_settled_once"
    promises = ("I8", "bus-4")
    always = True

    def __init__(self):
        self.carried = carried_holds()

    def run(self, evidence):
        moved, holds = self._all(evidence) if evidence.is_whole else self._new(evidence)
        found = {"twice": [], "other": []}
        for order in moved.keys() | holds.keys():
            lines, hold = moved.get(order), holds.get(order)
            damage = disagreement(lines, hold)
            if damage:
                says = f"{hold['state']} of {hold['amount']}" if hold else "no hold"
                sums = {name: lines[name] for name in NOTHING_MOVED} if lines else "none"
                found[damage].append(f"{order} is {says}, its lines: {sums}")
        kept = evidence.sql("""
            with open as (
              select customer, sum(amount) as held from wallet_svc.holds where state = 'held' group by customer)
            select a.id, a.held, coalesce(h.held, 0) as held_for_orders
            from wallet_svc.accounts a left join open h on h.customer = a.id
            where a.currency = 'TRX' and a.held <> coalesce(h.held, 0)""")
        return (
            findings("bus-4", "twice", "a hold that was settled twice", sorted(found["twice"]))
            + findings("I8", "other", "a hold that its lines contradict", sorted(found["other"]))
            + findings("I8", "other", "what is set aside is not what the orders hold", (
                f"{row['id']}: {row['held']}, its orders hold {row['held_for_orders']}" for row in kept)))

    @staticmethod
    def _all(evidence):
        moved = {}
        for line in evidence.sql("""
                select kind, debit, credit, amount, order_id, customer from wallet_svc.journal
                where kind in ('hold', 'release', 'capture')"""):
            add_moved(moved, line)
        return moved, {row["id"]: row for row in evidence.sql(_HOLDS)}

    def _new(self, evidence):
        """Orders that have new lines, and those whose hold is open: with all their lines and their hold."""
        kept, fresh, lines = self.carried.look(evidence)
        touched = {line["order_id"] for line in lines if line["kind"] in ("hold", "release", "capture")}
        holds = {row["id"]: row for row in evidence.sql(
            f"{_HOLDS} where id = any(%s) union {_HOLDS} where state = 'held'", (sorted(touched),))}
        moved = {order: together(kept.get(order), fresh.get(order)) for order in touched | holds.keys()}
        return {order: sums for order, sums in moved.items() if sums is not None}, holds


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
