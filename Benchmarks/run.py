"""BusKit beside what it is compared with, in one run on one machine: `./energy bench bus`.

Rounds are interleaved, so that a busy minute hits everybody: in each the ceiling is measured before and after BusKit,
then come Postgres and the peers. The best of the rounds counts for everybody. Every measurement has a Redis of its own.

BusKit's side is the program `bus-bench`. It makes its own second process (by executing itself) where one is needed,
checks that everything arrived, prints one line of JSON, and ends with 0. Its commands, and the keys that are read:

  bus-bench publish-consume --redis SOCKET --messages N --bytes 256          per_second
  bus-bench latency --redis SOCKET --postgres CONNINFO --messages N          p50_ms, p99_ms
  bus-bench durable --redis SOCKET --postgres CONNINFO --messages N          per_second, rows_changed (must be N)
  bus-bench rpc --redis SOCKET --postgres CONNINFO --seconds S --in-flight K per_second, p50_ms, p99_ms
  bus-bench soak --redis SOCKET --messages N                                 consumer_rss_start_mb, consumer_rss_mb,
                                                                             stream_length, stream_bytes
SOCKET is the path of a unix socket. CONNINFO is libpq's, of an empty database that the user owns. Messages are JSON of
the size asked for with the fields of `peers/counting.py`. `per_second` counts from the producer's first message to the
consumer's last acknowledgement.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import peers
import postgres
import report
from servers import Missing, Postgres, Redis

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 3
BYTES = 256
SOAK_MESSAGES = 1_000_000
# Messages that make about one second of a measurement.
PER_SECOND = {"throughput": 100_000, "latency": 400, "durable": 25_000}
GROUPS = ["ceiling", "bus", "latency", "postgres", "durable", "rpc", "soak", "peers"]
STARTED = time.monotonic()


def say(text):
    print(f"{time.monotonic() - STARTED:4.0f}s  {text}", file=sys.stderr, flush=True)


class Run:
    """The results so far: for each measurement the list of its rounds, or why there is none."""

    def __init__(self, options, servers):
        self.options = options
        self.servers = servers
        self.results = {}
        self.missing = {}
        self.database = None
        self.environment = os.path.join(options.data, "venv")
        self.environment_failure = None
        self.environment_is_ready = False

    def wants(self, *names):
        return not self.options.only or any(name in self.options.only for name in names)

    def measure(self, name, body):
        """Runs one measurement; what failed once is not tried again."""
        if name in self.missing:
            return
        try:
            result = body()
        except (Missing, OSError, subprocess.SubprocessError) as error:
            self.missing[name] = str(error)
            say(f"{name}: missing: {error}")
            return
        self.results.setdefault(name, []).append(result)
        say(f"{name}: {json.dumps(result)}")

    def bus(self, name, *words):
        """One command of `bus-bench` on a fresh Redis."""
        program = self.options.bus_bench
        if not os.access(program, os.X_OK):
            raise Missing(f"no program {program}: build it with swift build -c release --product bus-bench")
        with Redis() as redis:
            return child([program, name, "--redis", redis.socket, *map(str, words)], self.limit())

    def ceiling(self, mode, messages):
        with Redis() as redis:
            return child([self.options.ceiling, mode, redis.socket, str(messages), str(BYTES)], self.limit())

    def count(self, kind):
        return int(PER_SECOND[kind] * self.options.seconds)

    def limit(self):
        return 60 + 20 * self.options.seconds

    def database_words(self):
        return "--postgres", self.postgres().create("bench_bus")

    def prepare_environment(self):
        """Installs the Python peers, once; each of them is missing for the same reason when that failed."""
        if self.environment_failure:
            raise self.environment_failure
        if not self.environment_is_ready:
            say("installing the Python peers")
            try:
                peers.install(self.environment)
            except Missing as missing:
                self.environment_failure = missing
                raise
            self.environment_is_ready = True

    def postgres(self):
        """Started when first asked for."""
        if self.database is None:
            self.database = self.servers.enter_context(Postgres())
        return self.database


def child(words, seconds_max):
    """Runs a program and its children; returns the JSON of its last line."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        output, errors = process.communicate(timeout=seconds_max)
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(words[:2])} was not done after {seconds_max:.0f} s") from None
    finally:
        # The group is the program's own: whatever it left behind ends here.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        reason = errors.decode(errors="replace").strip()[-400:]
        raise Missing(f"{' '.join(words[:2])} ended with {process.returncode}: {reason}")
    try:
        return json.loads(output.decode().strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise Missing(f"{' '.join(words[:2])} printed no JSON: {output[-200:]!r}") from None


def build_ceiling(folder):
    program = os.path.join(folder, "ceiling")
    words = ["cc", "-O2", "-Wall", "-Wextra", "-o", program, os.path.join(HERE, "ceiling", "ceiling.c"), "-lhiredis"]
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise Missing(f"cc failed: {result.stdout.decode(errors='replace')[-400:]}")
    return program


def measure_transport(run):
    throughput = run.count("throughput")
    if run.wants("ceiling", "bus"):
        run.measure("ceiling", lambda: run.ceiling("throughput", throughput))
        if run.wants("bus"):
            run.measure("bus", lambda: run.bus("publish-consume", "--messages", throughput, "--bytes", BYTES))
        run.measure("ceiling", lambda: run.ceiling("throughput", throughput))
        run.measure("ceiling_overlapped", lambda: run.ceiling("overlapped", throughput))
    if run.wants("latency"):
        run.measure("latency_floor", lambda: run.ceiling("latency", run.count("latency")))
        words = ("--messages", run.count("latency"))
        run.measure("latency", lambda: run.bus("latency", *run.database_words(), *words))
    if run.wants("rpc"):
        for in_flight in (64, 1):
            words = ("--seconds", run.options.seconds, "--in-flight", in_flight)
            run.measure(f"rpc_{in_flight}", lambda words=words: run.bus("rpc", *run.database_words(), *words))


def measure_durable(run):
    def durable():
        messages = run.count("durable")
        result = run.bus("durable", *run.database_words(), "--messages", messages)
        if result.get("rows_changed") != messages:
            raise Missing(f"{result.get('rows_changed')} rows were changed by {messages} messages: not exactly once")
        return result

    def alone(connections):
        return postgres.measure(run.postgres(), connections, run.options.seconds / 2, BYTES)

    if run.wants("postgres", "durable"):
        for connections in postgres.CONNECTIONS:
            run.measure(f"postgres_{connections}", lambda connections=connections: alone(connections))
        run.measure("durable", durable)


def measure_peers(run):
    def one(peer):
        if peer.is_python:
            run.prepare_environment()
        with Redis() as redis:
            return peers.measure(peer, redis, run.environment, run.options.seconds, BYTES)

    for peer in peers.PEERS:
        if run.wants("peers", peer.name):
            run.measure(peer.name, lambda peer=peer: one(peer))


def arguments():
    names = GROUPS + [peer.name for peer in peers.PEERS]
    root = os.path.dirname(HERE)
    parser = argparse.ArgumentParser(prog="./energy bench bus", description="BusKit beside what it is compared with.")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=f"some of {','.join(names)}")
    parser.add_argument("--seconds", type=float, default=4.0, help="about the length of one measurement (default 4)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"the best of so many counts (default {ROUNDS})")
    parser.add_argument("--bus-bench", default=os.path.join(root, ".build", "release", "bus-bench"))
    parser.add_argument("--data", default=os.path.join(root, ".energy", "bench"), help="where programs are kept")
    options = parser.parse_args()
    unknown = [name for name in options.only if name not in names]
    if unknown:
        parser.error(f"--only does not know {','.join(unknown)}; it knows {','.join(names)}")
    if not 0.5 <= options.seconds <= 60 or not 1 <= options.rounds <= 20:
        parser.error("--seconds is from 0.5 to 60, --rounds from 1 to 20")
    return options


def main():
    # A closed terminal or a stopped script ends the servers, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    os.makedirs(options.data, exist_ok=True)
    with contextlib.ExitStack() as servers:
        run = Run(options, servers)
        if run.wants("ceiling", "bus", "latency"):
            options.ceiling = build_ceiling(options.data)
        for number in range(1, options.rounds + 1):
            say(f"round {number} of {options.rounds}")
            measure_transport(run)
            measure_durable(run)
            measure_peers(run)
        if run.wants("soak"):
            run.measure("soak", lambda: run.bus("soak", "--messages", SOAK_MESSAGES))
    figures = report.figures(run.results, run.missing, options)
    print(report.table(figures, run.missing))
    if options.json:
        print(json.dumps(figures))
    return 1 if any(name in report.OURS for name in run.missing) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(f"bench: {missing}")
    except KeyboardInterrupt:
        sys.exit(130)
