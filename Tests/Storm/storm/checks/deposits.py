"""Deposits: what was paid on the chain to a customer's address is credited once; nothing else is."""

import typing

from storm.load.chain import USDT

from .chain_books import DELEGATE, RECLAIM
from .check import Check
from .findings import findings
from .story import base58_address, story

#: The least that is credited: the product's own default, in sun and micro-USDT.
MINIMUM = {"TRX": 1_000_000, "USDT": 1_000_000}
#: keccak-256("transfer(address,uint256)"), its first four bytes.
TRANSFER_SELECTOR = "a9059cbb"
TRANSFER, TRIGGER = "TransferContract", "TriggerSmartContract"
#: Faults that may take back what was in a block; and how old what a lagging node shows may be.
TAKE_BACK = frozenset(["chain_fork", "chain_reorganise"])
STALE_SECONDS = 30


class Paid(typing.NamedTuple):
    """A payment of the main chain to an address of ours."""

    txid: str
    address: str
    customer: str
    currency: str
    amount: int
    solid: bool

    @property
    def is_creditable(self):
        return self.solid and self.amount >= MINIMUM[self.currency]


def paid_deposits(evidence):
    """All payments that the chain knows of the storm's payers, to addresses that customers were given."""
    return evidence.derive("paid deposits", _paid_deposits, of=("books", "history", "chain"))


def _paid_deposits(evidence):
    owners = {row["id"]: row["customer"] for row in evidence.sql(
        "select id, customer from wallet_svc.deposit_addresses where place = 'deposits'")}
    # Whose an address is, is what its customer was told.
    for line in story(evidence).deposits:
        owners[line["address"]] = line["customer"]
    payers = {payer["address"] for payer in evidence.world.get("payers", ())}
    paid = []
    for payer in sorted(payers):
        for transaction in evidence.chain.transactions(payer):
            if not transaction.succeeded or transaction.type in (DELEGATE, RECLAIM):
                continue
            payment = payment_of(transaction)
            if payment and payment[0] in owners:
                address, currency, amount = payment
                paid.append(Paid(transaction.txid, address, owners[address], currency, amount, transaction.solid))
    return paid


def deposit_of(line):
    """The transaction of a line of the journal that credits it, by the line's id."""
    return line.removeprefix("deposit:").partition("/")[0]


def payment_of(transaction):
    """(receiver, currency, amount) of a transfer of TRX or of USDT; None for anything else."""
    value = transaction.value
    if transaction.type == TRANSFER:
        return value["to_address"], "TRX", value["amount"]
    data = value.get("data", "")
    if transaction.type != TRIGGER or not data.startswith(TRANSFER_SELECTOR) or len(data) < 8 + 128:
        return None
    if value["contract_address"] != USDT:
        return None
    return address_of_word(data[8:72]), "USDT", int(data[72:136], 16)


def address_of_word(word):
    return base58_address("41" + word[24:])


class DepositsAreCreditedOnce(Check):
    """Each payment that is final is one line to its customer, of its amount; dust is nobody's; no line without one."""

    name = "deposits_are_credited_once"
    promises = ("I9", "bus-1")

    def run(self, evidence):
        credited = {}
        for row in evidence.sql("""
                select id, credit, currency, amount from wallet_svc.journal where kind = 'deposit'"""):
            credited.setdefault(deposit_of(row["id"]), []).append((row["credit"], row["currency"], row["amount"]))
        lost, other, dust = [], [], []
        for deposit in paid_deposits(evidence):
            lines = credited.pop(deposit.txid, [])
            due = (f"customer:{deposit.customer}", deposit.currency, deposit.amount)
            if not deposit.is_creditable:
                dust += [f"{deposit.txid}: {lines}"] if lines else []
            elif not lines:
                lost.append(f"{deposit.txid}: {deposit.amount} {deposit.currency} of {deposit.customer}")
            elif lines != [due]:
                other.append(f"{deposit.txid}: {lines}, due is {due}")
        invented = [f"{txid}: {lines}" for txid, lines in credited.items()]
        return (
            findings("bus-1", "lost", "a deposit that was not credited", lost)
            + findings("I9", "twice", "a deposit that was credited otherwise", other)
            + findings("I9", "other", "dust that was credited", dust)
            + findings("I9", "twice", "a credit without a payment", invented))


class DepositsPaidAreOnChain(Check):
    """What the customers say they have paid is what the chain says; else the storm's own traffic is in error."""

    name = "deposits_paid_are_on_chain"
    promises = ("I9",)

    def run(self, evidence):
        paid = {deposit.txid: deposit for deposit in paid_deposits(evidence)}
        rows = {row["tx_id"]: row for row in evidence.sql("select tx_id, customer, state from wallet_svc.deposits")}
        taken_back = max((
            line["at"] for line in evidence.history
            if line["what"] == "fault" and line["fault"] in TAKE_BACK and line["state"] == "ends"), default=0)
        gone, other, unseen = [], [], []
        for line in story(evidence).deposits:
            deposit = paid.get(line["txid"])
            if deposit is None:
                if line["at"] > taken_back + STALE_SECONDS:
                    gone.append(f"{line['txid']} of {line['customer']}")
                continue
            said = tuple(line[name] for name in ("address", "currency", "amount"))
            if (deposit.address, deposit.currency, deposit.amount) != said:
                other.append(f"{line['txid']}: {deposit}, said were {line['amount']} {line['currency']}")
            row = rows.get(line["txid"])
            is_known = row is not None and (row["state"], row["customer"]) == ("credited", line["customer"])
            if deposit.is_creditable and not is_known:
                unseen.append(f"{line['txid']} of {line['customer']} is {dict(row) if row else 'unknown'}")
        return (
            findings("I9", "other", "a payment that was in a block and is not on the chain", gone)
            + findings("I9", "other", "a payment other than it was said to be", other)
            + findings("bus-1", "lost", "a payment that the wallet does not know so", unseen))
