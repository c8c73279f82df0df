"""What the checks judge by: one snapshot of Postgres, the chain, the dialogs, Redis, and what the customers saw.

Nothing here comes from a service: the database is read by a superuser, the chain and the dialogs from the simulators.
What customers were told is read before the snapshot is taken, so that whatever they were promised must be in it; so is
the chain, as a transaction is in the books before it is sent.
"""

import contextlib
import copy
import operator

import psycopg
import psycopg.rows
import redis

from .simulators import ChainEvidence, ChainReader, read_dialogs
from .streams import bus_state

#: No query of a check takes longer, even with the 100,000 orders of a long run.
STATEMENT_SECONDS_MAX = 120
#: Lists that a mistake may change.
LISTS = ("history", "secrets", "deaths", "alive")


class Evidence:
    """One look at everything. Close it: it holds a snapshot."""

    def __init__(self, connection, chain, telegram_control, redis_client, **given):
        self.connection = connection
        self.chain = chain
        self.telegram_control = telegram_control
        self.redis = redis_client
        #: Lines of storm.history, oldest first.
        self.history = given.get("history") or []
        self.world = given.get("world") or {}
        self.settings = given.get("settings")
        self.log_folder = given.get("log_folder")
        self.secrets = given.get("secrets") or []
        self.deaths = given.get("deaths") or []
        #: Names of the processes that should run at this moment.
        self.alive = given.get("alive") or []
        #: Whether the storm is over and everything should have ended.
        self.is_calm = given.get("is_calm", True)
        #: By the database's clock.
        self.snapshot_at = given.get("snapshot_at")
        self._dialogs = given.get("dialogs")
        self._bus = None
        self._derived = {}
        self._unplanted = {}
        self._writes = 0
        #: Whether a mistake is in it now: then no check may remember what it sees.
        self.is_planted = False

    @property
    def is_whole(self):
        """Whether everything is to be added up, and not what is new since the look before."""
        return self.is_calm or self.is_planted

    @classmethod
    def open(cls, postgres, redis_url=None, tron_control=None, telegram_control=None, *, redis_client=None,
             chain_reader=None, **given):
        """`postgres` is a conninfo of a superuser. `chain_reader`: one that is kept for the whole run.

        Further, by name: history, world, settings, log_folder, secrets, deaths, alive, is_calm, dialogs.
        """
        chain = ChainEvidence(chain_reader or ChainReader(tron_control))
        if chain.reader.control:
            chain.delegations()
        connection = psycopg.connect(postgres, row_factory=psycopg.rows.dict_row, connect_timeout=10)
        try:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(f"set local statement_timeout = '{STATEMENT_SECONDS_MAX}s'")
            connection.execute("set local idle_in_transaction_session_timeout = 0")
            connection.execute("set local lock_timeout = '5s'")
            given["snapshot_at"] = connection.execute("select now() as at").fetchone()["at"]
            if redis_client is None and redis_url is not None:
                redis_client = redis.Redis.from_url(redis_url, decode_responses=False, socket_timeout=30)
            return cls(connection, chain, telegram_control, redis_client, **given)
        except BaseException:
            connection.close()
            raise

    def close(self):
        self.connection.close()
        if self.redis is not None:
            self.redis.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def sql(self, query, parameters=()):
        """Rows as dicts, all of one repeatable-read snapshot (and of what was planted in it)."""
        return self.connection.execute(query, parameters or None).fetchall()

    def execute(self, query, parameters=()):
        """Plants: how many rows were written. Never committed."""
        self._writes += 1
        return self.connection.execute(query, parameters or None).rowcount

    @property
    def dialogs(self):
        """`{user id: {"person", "messages", "deleted", "toasts", …}}`, read from telegram-sim when first asked for."""
        if self._dialogs is None:
            self._dialogs = read_dialogs(self.telegram_control)
        return self._dialogs

    @property
    def bus(self):
        """What Redis holds of the bus (streams.BusState), read when first asked for."""
        if self._bus is None:
            self._bus = bus_state(self.redis)
        return self._bus

    @bus.setter
    def bus(self, state):
        """For plants, which change a copy."""
        self._bus = state

    def derive(self, name, build, of=None):
        """`build(evidence)`, made once: what several checks need. When a mistake is planted it is made anew; but if it
        is made `of` "books", "history" or "chain" alone, only when the mistake is in one of those."""
        if name not in self._derived:
            kept = self._unplanted.get(name) if self.is_planted else None
            self._derived[name] = build(self) if kept is None or of is None or self._is_touched(of) else kept
        return self._derived[name]

    def forget(self):
        """What was derived: a mistake has been planted since."""
        self._derived = {}

    @contextlib.contextmanager
    def planting(self):
        """What is written and changed inside is undone afterwards.

        Triggers and foreign keys sleep meanwhile: a mistake that the database itself refuses is to be seen by the
        checks, too. Lists are copied, what is in them is not: a plant replaces or removes lines, records and messages,
        it never changes one.
        """
        before = {name: getattr(self, name) for name in (*LISTS, "_dialogs", "_bus", "_derived")}
        self._unplanted, self._unplanted_history, self._unplanted_chain = self._derived, self.history, self.chain.kept
        self.connection.execute("savepoint planted")
        try:
            self.connection.execute("set local session_replication_role = replica")
            for name in LISTS:
                setattr(self, name, list(before[name]))
            self._dialogs = _copied(before["_dialogs"])
            self.forget()
            self.is_planted, self._writes = True, 0
            self.chain.kept = {key: copy.copy(value) for key, value in self._unplanted_chain.items()}
            yield self
        finally:
            self.connection.execute("rollback to savepoint planted")
            self.is_planted = False
            self.chain.kept = self._unplanted_chain
            for name, value in before.items():
                setattr(self, name, value)

    def _is_touched(self, sources):
        """Whether the mistake that is planted now is in one of these."""
        touched = {
            "books": lambda: self._writes > 0,
            "history": lambda: not _same(self.history, self._unplanted_history),
            "chain": lambda: any(
                not _same(value, self._unplanted_chain[key]) for key, value in self.chain.kept.items()
                if key in self._unplanted_chain),
        }
        return any(touched[source]() for source in sources)


def _same(some, others):
    """Whether both hold the very same things."""
    if isinstance(some, list):
        return len(some) == len(others) and all(map(operator.is_, some, others))
    return some == others


def _copied(dialogs):
    if dialogs is None:
        return None
    return {
        user: {name: list(value) if isinstance(value, list) else value for name, value in dialog.items()}
        for user, dialog in dialogs.items()
    }
