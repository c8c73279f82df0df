"""Postgres, with the script's configuration."""

import pathlib
import signal

import psycopg

from .file_limits import limit_file_size
from .process import Process
from .supervised import Supervised
from .waiting import until

SUPERUSER = "energy_admin"


class PostgresServer(Supervised):
    def __init__(self, layout, deaths, pause):
        super().__init__("postgres", self._make, deaths, pause)
        self.layout = layout

    def _make(self):
        log = self.layout.log_folder / "postgres.log"
        command = [self.layout.postgres_programs / "postgres", "-D", self.layout.postgres_data]
        return Process("postgres", command, None, log, user=self.layout.postgres_user, logs_through_pipe=True)

    @property
    def conninfo(self):
        """Of a superuser, past every link; the password is in a file that it names."""
        return (
            f"host={self.layout.postgres_folder} dbname=energy user={SUPERUSER} "
            f"passfile={self.layout.postgres_password_file} connect_timeout=10 application_name=storm")

    async def start(self, seconds=120):
        """Returns when it takes connections, recovery included; starts it if it does not run."""
        self.begin()
        await until(self.answers, seconds, "Postgres to take connections")
        self.forgive_no_more()

    async def answers(self):
        try:
            async with await self.connect() as connection:
                await connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    async def stop_immediate(self, cause="immediate stop"):
        """As after a crash: no checkpoint. It stays away until `start`."""
        # Ended on request, whatever state it was in: 2 is an immediate shutdown's code when children were cut off.
        await self.end(signal.SIGQUIT, 30, cause, exit_codes=(0, 1, 2))

    async def stop(self):
        await self.end(signal.SIGINT, 30, "stop")

    async def connect(self):
        """A connection of a superuser that commits each statement."""
        return await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True)

    def pids(self):
        """The server and its processes; empty while it does not run."""
        if not self.is_running:
            return []
        return [self.pid, *children(self.pid)]

    def limit_file_size(self, size):
        """Files that any of its processes writes may not grow beyond this many bytes; None: no limit. It may die of it
        until `start` has returned."""
        # The server first: those that it starts from now on inherit it.
        limit_file_size(self.pids()[:1], size, self.layout.postgres_user)
        limit_file_size(self.pids(), size, self.layout.postgres_user)
        self.forgive_limit(size)


def children(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(word) for word in text.split()]
