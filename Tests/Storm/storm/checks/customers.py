"""Each customer's money, to the sun: what came in, less what was delivered, is what the customer has and was told."""

import collections

from storm.settings import SUN_PER_TRX

from .chain_books import effects_by_order
from .check import Check
from .deposits import paid_deposits
from .findings import findings
from .ledger import CHARGED
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


class BalancesShownWereTrue(Check):
    """Every balance that a customer was shown was the customer's at some moment: the lines pass through it."""

    name = "balances_shown_were_true"
    promises = ("I7", "api")

    def run(self, evidence):
        shown = collections.defaultdict(set)
        for line in story(evidence).balances:
            shown[line["customer"]].add((line["available_sun"], line["held_sun"]))
        if not shown:
            return []
        wrong = []
        passed = self._passed(evidence, list(shown))
        for customer, balances in shown.items():
            wrong += [
                f"{customer}: {available} and {held} set aside"
                for available, held in balances - passed[customer] if (available, held) != (0, 0)]
        return findings("I7", "other", "a balance that never was", wrong)

    @staticmethod
    def _passed(evidence, customers):
        """`{customer: {(available, held) after each line}}`. An account's lines are numbered in the order of their
        commits, as its row is locked while they are written."""
        passed = collections.defaultdict(set)
        now = collections.defaultdict(lambda: [0, 0])
        names = [f"{kind}:{customer}" for customer in customers for kind in ("customer", "held")]
        for row in evidence.sql("""
                select debit, credit, amount from wallet_svc.journal
                where currency = 'TRX' and (debit = any(%(names)s) or credit = any(%(names)s)) order by number""",
                {"names": names}):
            touched = set()
            for account, sign in ((row["debit"], -1), (row["credit"], 1)):
                kind, _, customer = account.partition(":")
                if kind in ("customer", "held") and customer:
                    now[customer][kind == "held"] += sign * row["amount"]
                    touched.add(customer)
            for customer in touched:
                passed[customer].add(tuple(now[customer]))
        return passed
