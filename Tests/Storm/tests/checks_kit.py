"""Small evidence made by hand, for the tests of the checks."""

import contextlib
import datetime
import pathlib
import types
import unittest

from storm.checks import chain_books
from storm.settings import Settings

ORDER = "ord_1"
RECEIVER = "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC"
SECOND = 1_000


def row(**changes):
    """An order of the books that went well."""
    return {
        "id": ORDER, "customer": "cus_1", "origin": "rest", "receiver": RECEIVER, "energy": 65_000,
        "duration_seconds": 10, "price": 1_950_000, "state": "completed", "failure": None, "delivered": 65_000,
        "charged": 1_950_000, "cost": 0, "seq": 7, "delegate_txs": ["d1"], "reclaim_txs": ["r1"],
        "created_at": 999.0, "delivered_at": 1_000.0, "ends_at": 1_010.0, **changes}


def body(**changes):
    """What the API says of it."""
    return {
        "object": "order", "id": ORDER, "status": "completed", "receiver": RECEIVER, "energy": 65_000,
        "duration_seconds": 10, "price_sun": 1_950_000, "delegate_txids": ["d1"], "reclaim_txids": ["r1"],
        "created_at": "1970-01-01T00:16:39.000Z", "delivered_at": "1970-01-01T00:16:40.000Z",
        "ends_at": "1970-01-01T00:16:50.000Z", "failure": None, **changes}


def sent(key="key", **changes):
    return {
        "at": 998.0, "kind": "rest_order", "what": "order_sent", "key": key, "customer": "cus_1", "channel": "rest",
        "receiver": RECEIVER, "energy": 65_000, "duration_seconds": 10, **changes}


def answered(key="key", order=ORDER, status=201, **changes):
    return {
        "at": 999.0, "kind": "rest_order", "what": "order_answered", "key": key, "status": status, "order": order,
        "code": None, "body": body(status="processing", delegate_txids=[], delivered_at=None, ends_at=None), **changes}


def seen(at=1_021.0, **changes):
    return {"at": at, "kind": "rest_order", "what": "order_seen", "order": ORDER, "body": body(**changes)}


def effect(txid="d1", purpose="delegate", time_ms=1_000 * SECOND, **changes):
    fields = {
        "supplier": "T-supplier", "receiver": RECEIVER, "resource": "ENERGY", "sun": 7_000_000_000, "block": 1,
        **changes}
    return chain_books.Effect(txid=txid, purpose=purpose, time_ms=time_ms, **fields)


class FakeChainBooks:
    suppliers = {"T-supplier"}
    sent = ()

    def __init__(self, effects):
        self.effects = {one.txid: one for one in effects}
        self.signed = {one.txid: signed(one.purpose) for one in effects}


def signed(purpose="delegate", **changes):
    fields = {
        "order": ORDER, "leg": f"{ORDER}/1", "purpose": purpose, "state": "solid", "supplier": "T-supplier",
        "receiver": RECEIVER, "stake": 7_000_000_000, "sent_ms": 0, **changes}
    return chain_books.Signed(**fields)


LENT, BACK = effect(), effect("r1", "reclaim", 1_011 * SECOND)


class FakeEvidence:
    """What the checks have gathered already; SQL is answered by the first whose text occurs in the query."""

    def __init__(self, rows=(), history=(), effects=(LENT, BACK), reverted=(), answers=()):
        self.history = list(history)
        self.is_calm = self.is_whole = True
        self.dialogs = {}
        self.settings = types.SimpleNamespace(sun_per_energy=30, client_trx=10, person_trx=5)
        self.world = {"rest_clients": [{"customer": "cus_1"}], "people": [], "payers": []}
        self.answers = dict(answers)
        lent = [one for one in effects if one.purpose == "delegate"]
        back = [one for one in effects if one.purpose == "reclaim"]
        self.derived = {
            "orders": {one["id"]: one for one in rows}, "chain books": FakeChainBooks(effects),
            "effects by order": {ORDER: (lent, back)} if effects else {},
            "effects by leg": {f"{ORDER}/1": (lent, back)} if effects else {},
            "reverted orders": set(reverted), "ratio": (180_000_000_000, 18_947_368_421), "paid deposits": []}

    def derive(self, name, build, of=()):
        if name not in self.derived:
            self.derived[name] = build(self)
        return self.derived[name]

    def sql(self, query, parameters=()):
        return next((rows for text, rows in self.answers.items() if text in query), [])


class HandMade:
    """Evidence of lists; what is asked of Postgres is answered from `answers`, by a word of the query."""

    def __init__(self, **given):
        self.is_calm = True
        self.history, self.deaths, self.alive, self.secrets = [], [], [], []
        self.dialogs, self.world = {}, {}
        self.settings = Settings(
            minutes=3, seed=1, replicas=1, only=frozenset(), data=pathlib.Path("/"), programs=pathlib.Path("/"))
        self.snapshot_at = datetime.datetime.now(datetime.timezone.utc)
        self.log_folder = None
        self.answers = {}
        self.bus = None
        self.__dict__.update(given)

    def derive(self, name, build, of=()):
        return build(self)

    def sql(self, query, parameters=()):
        return next(rows for word, rows in self.answers.items() if word in query)

    def forget(self):
        """Nothing is kept that was derived."""

    @contextlib.contextmanager
    def planting(self):
        history = self.history
        self.history = list(history)
        try:
            yield self
        finally:
            self.history = history


def texts(found):
    return [finding.text for finding in found]


class CheckTest(unittest.TestCase):
    def assert_silent(self, check, evidence):
        self.assertEqual(check.run(evidence), [])

    def assert_finds(self, check, evidence, damage, text):
        found = check.run(evidence)
        self.assertTrue(
            any(finding.damage == damage and text in finding.text for finding in found),
            f"{check.name} should find '{text}' ({damage}), and finds {found}")
