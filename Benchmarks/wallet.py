"""How fast wallet-svc is: `./energy bench wallet`.

Real wallet-svc processes with a Redis, a Postgres and a simulated chain of their own, in temporary folders; the program
`wallet-bench` takes order-svc's and the askers' places.

The cost of an order as the ledger grows is measured on two ledgers in turn, round after round, so that whatever else
the machine does meets both alike: one stays small, the other is filled up between the points of the curve. What is
filled in is sealed before the clock runs.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

from programs import Program, child
from servers import Missing, Postgres, Redis, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CUSTOMERS = 1_000
ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
STARTED = time.monotonic()


def say(text):
    print(f"{time.monotonic() - STARTED:4.0f}s  {text}", file=sys.stderr, flush=True)


class Ledger:
    """A ledger with its own database, Redis and wallet-svc."""

    def __init__(self, stack, options, postgres, chain, database):
        self.options = options
        self.postgres = postgres
        self.database = database
        self.filled = 0
        self.runs = 0
        self.redis = stack.enter_context(Redis())
        conninfo = postgres.create(database)
        postgres.sql(database, "create schema wallet_svc; alter role bench set search_path = wallet_svc;")
        self.service = stack.enter_context(Program([os.path.join(options.programs, "wallet-svc")], {
            "PATH": os.environ["PATH"], "HOME": "/", "LANG": "C.UTF-8", "ENERGY_LOG_LEVEL": "warning",
            "ENERGY_REDIS_URL": f"unix:{self.redis.socket}", "ENERGY_POSTGRES_URL": conninfo,
            "ENERGY_HTTP_ADDRESS": "127.0.0.1:{port}",
            "ENERGY_TRONGRID_URL": f"http://127.0.0.1:{chain.port}",
            "ENERGY_TRONSCAN_URL": f"http://127.0.0.1:{chain.port}",
        }, "/readyz", "bench-wallet."))

    def fill(self, entries):
        """Adds orders of the past until the journal has so many entries, and waits until they are sealed."""
        count = self.number("select count(*) from journal")
        orders = max(1 if count == 0 else 0, (entries - count) // 2)
        while orders > 0:
            part = min(orders, 250_000)
            self.psql(os.path.join(HERE, "postgres", "ledger.sql"), {"from": self.filled, "orders": part})
            self.filled += part
            orders -= part
        self.postgres.sql(self.database, "vacuum analyze; checkpoint;")
        wait_until("the sealing of the ledger", self.is_sealed, seconds=900, process=self.service.process)
        self.postgres.sql(self.database, "checkpoint;")

    def is_sealed(self):
        time.sleep(1)
        return self.number("select coalesce(sum(lines), 0) from ledger_blocks") >= self.number(
            "select count(*) from journal")

    def number(self, sql):
        result = subprocess.run(
            [self.postgres.program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", self.postgres.conninfo(self.database)],
            input=f"set search_path = wallet_svc; {sql}".encode(), capture_output=True, check=True)
        return int(result.stdout)

    def psql(self, file, variables):
        words = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        result = subprocess.run(
            [self.postgres.program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", *words, "-f", file,
             self.postgres.conninfo(self.database)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=os.environ | {"PGOPTIONS": "-c search_path=wallet_svc"})
        if result.returncode != 0:
            raise Missing(f"{os.path.basename(file)} failed: {result.stderr.decode(errors='replace').strip()[-400:]}")

    def orders_per_second(self, orders):
        figures = child(self.options.programs, "wallet-bench", [
            "orders", "--redis", self.redis.socket, "--customers", str(CUSTOMERS), "--orders", str(orders),
            "--in-flight", str(self.options.in_flight)])
        return figures["orders_per_second"]

    def pgbench(self, seconds):
        """Ledger transactions a second, one at a time on 8 connections, in these tables."""
        with open(os.path.join(HERE, "postgres", "orders.sql"), encoding="utf-8") as file:
            transactions = len(re.findall(r"^commit;", file.read(), re.MULTILINE))
        self.runs += 1
        result = subprocess.run(
            [self.postgres.program("pgbench"), "--no-vacuum", "--protocol=prepared", "--client=8", "--jobs=2",
             f"--time={seconds}", f"--file={os.path.join(HERE, 'postgres', 'orders.sql')}",
             "-D", f"run={self.runs}", "-D", "n=0", "-D", f"hash={'0' * 64}",
             "-D", f"body={json.dumps({'amount': 3900000, 'order': 'o' * 36})}",
             self.postgres.conninfo(self.database)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = result.stdout.decode(errors="replace")
        rate = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
        if result.returncode != 0 or rate is None:
            raise Missing(f"pgbench failed: {output.strip()[:900]}")
        return float(rate.group(1)) * transactions

    def metric(self, name):
        """The sum of a metric's series on the service's page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.service.port}/metrics", timeout=5) as response:
            page = response.read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if re.match(rf"{name}[ {{]", line))


def in_turn(rounds, measurements):
    """The medians, after rounds in which each is measured once."""
    found = [[] for _ in measurements]
    for _ in range(rounds):
        for index, measure in enumerate(measurements):
            found[index].append(measure())
    return [statistics.median(values) for values in found]


def measure_throughput(ledger, options):
    """Sustained; beside Postgres alone in the same minutes."""
    ledger.orders_per_second(min(2_000, options.orders))
    rate, alone = in_turn(options.rounds, [
        lambda: ledger.orders_per_second(options.orders), lambda: ledger.pgbench(options.seconds)])
    return {"hold_capture_per_second": round(rate), "pgbench_transactions_per_second": round(alone),
            "vs_pgbench": round(2 * rate / alone, 2)}


def measure_balances(ledger, options):
    before = (ledger.metric("energy_wallet_chain_memory_seconds_sum"),
              ledger.metric("energy_wallet_chain_memory_seconds_count"))
    figures = child(options.programs, "wallet-bench", [
        "balances", "--redis", ledger.redis.socket, "--seconds", str(options.seconds), "--in-flight", "64",
        "--address", ADDRESS])
    seconds = ledger.metric("energy_wallet_chain_memory_seconds_sum") - before[0]
    count = ledger.metric("energy_wallet_chain_memory_seconds_count") - before[1]
    if count <= 0:
        raise Missing("no balance was answered from wallet-svc's memory")
    return {"balance_l1_us": round(seconds / count * 1e6, 2)} | {
        name: round(value) for name, value in figures.items()}


def measure_growth(small, large, options):
    """The cost of an order in a ledger of each size, as a multiple of that in the small one."""
    curve = {}
    sizes = [size for size in (10_000, 100_000, 1_000_000, 10_000_000) if size <= options.entries]
    small.fill(sizes[0])
    for size in sizes:
        large.fill(size)
        say(f"{large.number('select count(*) from journal'):,} entries are sealed")
        for ledger in (small, large):
            ledger.orders_per_second(1_000)
        orders = min(options.orders, 10_000)
        few, many = in_turn(options.rounds, [
            lambda: small.orders_per_second(orders), lambda: large.orders_per_second(orders)])
        curve[size] = round(few / many, 3)
        print(f"{size:>12,} entries  {1e6 / many:7.0f} us an order, {curve[size]:.3f} times the small ledger's",
              flush=True)
    return {"cost_curve": {str(size): ratio for size, ratio in curve.items()},
            "cost_ratio_10m_vs_10k": curve[sizes[-1]] if sizes[-1] == 10_000_000 else None}


def arguments():
    root = os.path.dirname(HERE)
    parser = argparse.ArgumentParser(prog="./energy bench wallet", description="How fast wallet-svc is.")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--orders", type=int, default=40_000, help="orders of a round (default 40000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (default 3)")
    parser.add_argument("--seconds", type=int, default=10, help="of a round of pgbench and of questions (default 10)")
    parser.add_argument("--in-flight", type=int, default=3_000, help="orders under way at once (default 3000)")
    parser.add_argument("--entries", type=int, default=10_000_000,
                        help="entries of the largest ledger; 10 million take 10 minutes and 20 GB (default 10000000)")
    parser.add_argument("--programs", default=os.path.join(root, ".build", "release"))
    options = parser.parse_args()
    if not 1_000 <= options.orders <= 1_000_000 or not 1 <= options.rounds <= 20 or not 1 <= options.seconds <= 60:
        parser.error("--orders is from 1000 to 1000000, --rounds from 1 to 20, --seconds from 1 to 60")
    if not 100 <= options.in_flight <= 20_000 or not 10_000 <= options.entries <= 10_000_000:
        parser.error("--in-flight is from 100 to 20000, --entries from 10000 to 10000000")
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    figures = {}
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(Postgres())
        chain = stack.enter_context(Program(
            [os.path.join(options.programs, "tron-sim"), "--address", "127.0.0.1:{port}", "--data", "{folder}/chain"],
            prefix="bench-chain."))
        ledger = Ledger(stack, options, postgres, chain, "bench_wallet")
        ledger.fill(10_000)
        for measure in (measure_throughput, measure_balances):
            found = measure(ledger, options)
            figures |= found
            for name, value in found.items():
                print(f"{name:<34}{value}", flush=True)
        large = Ledger(stack, options, postgres, chain, "bench_wallet_large")
        figures |= measure_growth(ledger, large, options)
    if options.json:
        print(json.dumps(figures, sort_keys=True))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(f"bench: {missing}")
    except KeyboardInterrupt:
        sys.exit(130)
