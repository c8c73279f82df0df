"""Each customer's money, to the sun: what came in, less what was delivered, is what the customer has and was told."""

import collections

from storm.settings import SUN_PER_TRX

from .chain_books import effects_by_order
from .check import Check
from .deposits import deposit_of, paid_deposits
from .findings import findings
from .ledger import CHARGED, OWN_ACCOUNTS, balances
from .orders import orders
from .story import story


def credits(evidence):
    """`{(customer, currency): amount}`: what the storm's operator has credited on the first day."""
    sums = ((evidence.world.get("rest_clients", ()), evidence.settings.client_trx),
            (evidence.world.get("people", ()), evidence.settings.person_trx))
    return collections.Counter(
        {(owner["customer"], "TRX"): trx * SUN_PER_TRX for owners, trx in sums for owner in owners})


def spent(evidence):
    """`{customer: sun}`: the listed price of the energy of each order that the chain has delivered. Nothing of it comes
    from wallet-svc."""
    price = evidence.settings.sun_per_energy
    effects = effects_by_order(evidence)
    total = collections.Counter()
    for row in orders(evidence).values():
        if row["state"] in CHARGED and effects.get(row["id"], ((), ()))[0]:
            total[row["customer"]] += row["energy"] * price
    return total


class CustomersMoney(Check):
    """Credits and deposits of the chain, less the price of what the chain delivered, is what the customer has."""

    name = "customers_money"
    promises = ("I7", "I8", "I9")

    def run(self, evidence):
        due = credits(evidence)
        for deposit in paid_deposits(evidence):
            if deposit.is_creditable:
                due[(deposit.customer, deposit.currency)] += deposit.amount
        for customer, sun in spent(evidence).items():
            due[(customer, "TRX")] -= sun
        has = {
            (row["id"].partition("/")[0], row["currency"]): row["available"] + row["held"]
            for row in evidence.sql("select id, currency, available, held from wallet_svc.accounts")}
        lost, gained = [], []
        for account in due.keys() | has.keys():
            difference = has.get(account, 0) - due[account]
            text = f"{account[0]} has {has.get(account, 0)} {account[1]}, and should have {due[account]}"
            if difference:
                (lost if difference < 0 else gained).append(text)
        return findings("I7", "lost", "a customer with too little", lost) + findings(
            "I7", "twice", "a customer with too much", gained)


class OurAccounts(Check):
    """What the shop's own accounts say is what others say: the chain of what came in, the listed prices of what was
    earned, the first day of what was given. Nothing of it comes from the journal, so the sum of all accounts, which is
    nought however wrong the lines are, is not what is asked."""

    name = "our_accounts"
    promises = ("I7", "bus-2")

    def run(self, evidence):
        has = collections.Counter({
            account: balance for account, balance in balances(evidence).items()
            if not account[0].startswith(OWN_ACCOUNTS)})
        paid, dust = collections.Counter(), collections.Counter()
        for deposit in paid_deposits(evidence):
            (paid if deposit.is_creditable else dust)[deposit.currency] += deposit.amount
        costs = sum(row["cost"] for row in orders(evidence).values() if row["state"] == "completed")
        due = collections.Counter({
            ("adjustments", "TRX"): -sum(credits(evidence).values()), ("revenue", "TRX"): sum(spent(evidence).values()),
            ("costs", "TRX"): costs, ("custody:pool", "TRX"): -costs})
        wrong = []
        for currency in ("TRX", "USDT"):
            # What is too small for anybody is booked now and then, from the addresses where it lies.
            rounding = due["rounding", currency] = has["rounding", currency]
            due["custody:deposits", currency] = -paid[currency] - rounding
            if not 0 <= rounding <= dust[currency]:
                wrong.append(f"rounding has {rounding} {currency}, the dust on the chain is {dust[currency]}")
        wrong += [
            f"{account} has {has[account, currency]} {currency}, and should have {due[account, currency]}"
            for account, currency in sorted(due.keys() | has.keys())
            if has[account, currency] != due[account, currency]]
        return findings("bus-2", "other", "an account of our own", wrong)


class Passed:
    """What each customer had after each of the customer's lines. An account's lines are numbered in the order of their
    commits, as its row is locked while they are written."""

    def __init__(self, lines):
        #: `{(customer, currency): {(available, held)}}`
        self.balances = collections.defaultdict(lambda: {(0, 0)})
        #: `{txid: available}` in the deposit's currency, when it had been credited.
        self.after_deposit = {}
        now = collections.defaultdict(lambda: [0, 0])
        for line in lines:
            touched = set()
            for account, sign in ((line["debit"], -1), (line["credit"], 1)):
                kind, _, customer = account.partition(":")
                if kind in ("customer", "held") and customer:
                    owner = customer, line["currency"]
                    now[owner][kind == "held"] += sign * line["amount"]
                    touched.add(owner)
            for owner in touched:
                self.balances[owner].add(tuple(now[owner]))
                if line["kind"] == "deposit":
                    self.after_deposit[deposit_of(line["id"])] = now[owner][0]


def passed_balances(evidence):
    return evidence.derive("passed balances", lambda it: Passed(it.sql("""
        select id, kind, debit, credit, currency, amount from wallet_svc.journal
        where debit like any (array['customer:%', 'held:%']) or credit like any (array['customer:%', 'held:%'])
        order by number""")), of=("books",))


class BalancesShownWereTrue(Check):
    """Every balance that a customer was shown was the customer's at some moment: the lines pass through it."""

    name = "balances_shown_were_true"
    promises = ("I7", "api")

    def run(self, evidence):
        shown = set()
        for line in story(evidence).balances:
            shown.add((line["customer"], "TRX", line["available_sun"], line["held_sun"]))
            if line.get("available_usdt_micro") is not None:
                shown.add((line["customer"], "USDT", line["available_usdt_micro"], 0))
        if not shown:
            return []
        passed = passed_balances(evidence).balances
        return findings("I7", "other", "a balance that never was", (
            f"{customer}: {available} {currency} and {held} set aside" for customer, currency, available, held
            in sorted(shown) if (available, held) not in passed[customer, currency]))
