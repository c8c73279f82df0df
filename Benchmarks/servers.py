"""Redis and Postgres of a benchmark's own: on unix sockets in a temporary folder, with the product's settings."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time


class Missing(Exception):
    """Something cannot be measured here; the text says why and what would help."""


def wait_until(what, condition, seconds=30.0, process=None):
    """Returns when `condition` holds; fails when time is up or `process` has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process is not None and process.poll() is not None:
            raise Missing(f"{what}: the process ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise Missing(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.005)


def end(process, seconds=10.0, signal=None):
    """Ends a child of ours: politely, then not."""
    if process.poll() is None:
        process.send_signal(signal) if signal else process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Redis:
    """A fresh server for one measurement, so that none inherits another's memory or file.

    The append-only file is on and synced every second. It is never rewritten: a rewrite would fall into one measurement
    and not into the next.
    """

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-redis.", dir="/tmp")
        self.socket = os.path.join(self.folder, "redis.sock")
        program = shutil.which("redis-server")
        if program is None:
            raise Missing("redis-server is not installed: apt-get install redis-server")
        settings = {
            "port": "0", "unixsocket": self.socket, "dir": self.folder, "logfile": "redis.log", "save": "",
            "appendonly": "yes", "appendfsync": "everysec", "auto-aof-rewrite-percentage": "0",
            "maxmemory-policy": "noeviction", "stream-node-max-bytes": "32768",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)
        wait_until("redis-server", lambda: os.path.exists(self.socket), process=self.process)
        return self

    def __exit__(self, *_):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """One cluster for the whole run, with fsync on and Postgres' own defaults. Everybody is trusted on its socket."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-pg.", dir="/tmp")
        self.bin = self.find_programs()
        self.user = []
        if os.geteuid() == 0:
            # Postgres refuses root: it runs as the system's own user for it.
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        data = os.path.join(self.folder, "data")
        self.run_as_owner(
            [self.program("initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        settings = {
            "listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "on", "max_connections": "100"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [*self.user, self.program("postgres"), "-D", data, *words], cwd="/", stdout=log, stderr=log)
        wait_until("postgres", self.is_ready, process=self.process)
        return self

    def __exit__(self, *_):
        end(self.process, signal=2)
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return os.path.join(self.bin, name)

    def conninfo(self, database):
        return f"host={self.folder} dbname={database} user=bench"

    def sql(self, database, text):
        """Runs statements; fails at the first error."""
        subprocess.run(
            [self.program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", self.conninfo(database)],
            input=text.encode(), stdout=subprocess.DEVNULL, check=True)

    def create(self, database):
        """A database that nothing is left in of an earlier measurement; the dead rows of that one are gone, too."""
        self.sql(
            "postgres",
            f"set client_min_messages = warning;\ndrop database if exists {database} with (force);\n"
            f"create database {database};\ncheckpoint;")
        return self.conninfo(database)

    def is_ready(self):
        return subprocess.run(
            [self.program("pg_isready"), "-q", "-h", self.folder], stdout=subprocess.DEVNULL).returncode == 0

    def run_as_owner(self, words):
        result = subprocess.run([*self.user, *words], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode != 0:
            raise Missing(f"{os.path.basename(words[0])} failed: {result.stdout.decode()[-400:]}")

    @staticmethod
    def find_programs():
        places = ["/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"]
        found = sorted(folder for place in places for folder in glob.glob(place))
        if not found:
            raise Missing("PostgreSQL's programs were not found: apt-get install postgresql")
        return found[-1]
