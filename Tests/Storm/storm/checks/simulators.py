"""Reads what is true out of the simulators: the chain from tron-sim's /sim/, the dialogs from telegram-sim's.

A `ChainReader` may live as long as the run: what is solid never changes, so it is kept and not read again.
"""

import json
import typing
import urllib.error
import urllib.parse
import urllib.request

#: tron-sim answers at most so many delegations, and so many transactions, at once.
DELEGATIONS_PAGE = 20_000
TRANSACTIONS_PAGE = 5_000
TIMEOUT_SECONDS = 60

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SimulatorUnreadable(Exception):
    """A simulator did not say what is true, so nothing can be judged."""


def read_json(base, path, **parameters):
    """The JSON that a simulator's control API answers to GET."""
    query = urllib.parse.urlencode({name: value for name, value in parameters.items() if value is not None})
    url = f"{base.rstrip('/')}{path}" + (f"?{query}" if query else "")
    try:
        with _opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except (urllib.error.URLError, TimeoutError, ConnectionError, json.JSONDecodeError) as error:
        raise SimulatorUnreadable(f"GET {url}: {error}") from error


class Delegation(typing.NamedTuple):
    """One effective delegation or reclaim of the main chain."""

    sequence: int
    txid: str
    is_delegate: bool
    supplier: str
    receiver: str
    resource: str
    sun: int
    block: int
    time_ms: int
    solid: bool


class ChainTransaction(typing.NamedTuple):
    """One transaction in a block of the main chain, effective or not."""

    txid: str
    owner: str
    type: str
    result: str
    fee: int
    block: int
    time_ms: int
    solid: bool
    #: The contract's fields as java-tron prints them, addresses in base58.
    value: dict

    @property
    def succeeded(self):
        return self.result == "SUCCESS"


class ChainReader:
    def __init__(self, control):
        self.control = control
        self._solid_delegations = []
        self._next_sequence = 0
        self._solid_transactions = {}
        self._next_block = {}

    def status(self):
        return read_json(self.control, "/sim/status")

    def ledger(self):
        return read_json(self.control, "/sim/ledger")

    def resource_of(self, address):
        """java-tron's own answer, of the first node: what the network has staked, all in all."""
        return read_json(self.control, "/wallet/getaccountresource", address=address, visible="true")

    def delegations(self):
        """All of them, oldest first. What tron-sim has forgotten is there only if it was read before."""
        unsettled = []
        following = self._next_sequence
        while True:
            page = read_json(self.control, "/sim/delegations", limit=DELEGATIONS_PAGE, **{"from": following})
            for record in map(_delegation, page):
                if record.solid and not unsettled:
                    self._solid_delegations.append(record)
                    self._next_sequence = record.sequence + 1
                else:
                    unsettled.append(record)
            if len(page) < DELEGATIONS_PAGE:
                return self._solid_delegations + unsettled
            following = page[-1]["sequence"] + 1

    def transactions(self, owner):
        """All transactions of an owner, oldest first."""
        kept = self._solid_transactions.setdefault(owner, [])
        unsettled = []
        following = self._next_block.get(owner, 0)
        while following is not None:
            page = read_json(
                self.control, "/sim/transactions", owner=owner, from_block=following, limit=TRANSACTIONS_PAGE)
            for transaction in (_transaction(record, owner) for record in page["transactions"]):
                if transaction.solid and not unsettled:
                    kept.append(transaction)
                    self._next_block[owner] = transaction.block + 1
                else:
                    unsettled.append(transaction)
            following = page.get("next_block")
        return kept + unsettled


def _delegation(record):
    return Delegation(
        sequence=record["sequence"], txid=record["txid"], is_delegate=record["type"] == "DelegateResource",
        supplier=record["from"], receiver=record["to"], resource=record["resource"], sun=record["balance"],
        block=record["block"], time_ms=record["timestamp"], solid=record["solid"])


def _transaction(record, owner):
    return ChainTransaction(
        txid=record["txid"], owner=owner, type=record["type"], result=record["result"], fee=record["fee"],
        block=record["block"], time_ms=record["timestamp"], solid=record["solid"], value=record["value"] or {})


class ChainEvidence:
    """What the chain said when it was first asked; one view for all checks. A planted mistake changes the lists."""

    def __init__(self, reader):
        self.reader = reader
        self.kept = {}

    def _once(self, key, read):
        if key not in self.kept:
            self.kept[key] = read()
        return self.kept[key]

    def status(self):
        return self._once("status", self.reader.status)

    def ledger(self):
        """`{"head": {"entries": [{from, to, resource, unlocked, locked, …}], …}, "solid": …}`"""
        return self._once("ledger", self.reader.ledger)

    def delegations(self):
        return self._once("delegations", self.reader.delegations)

    def transactions(self, owner):
        return self._once(("transactions", owner), lambda: self.reader.transactions(owner))

    def resource_of(self, address):
        return self._once(("resource", address), lambda: self.reader.resource_of(address))


def read_dialogs(control):
    """`{user id: {"person": …, "messages": […], "deleted": […], "toasts": […], "blocked": …}}` of telegram-sim."""
    people = read_json(control, "/sim/chats")["chats"]
    return {
        person["user_id"]: {"person": person, **read_json(control, f"/sim/chats/{person['chat_id']}/messages")}
        for person in people
    }
