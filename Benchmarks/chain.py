"""How fast the chain's side is: `./energy bench chain`.

The program `chain-bench` measures what needs no server by itself. For the delegations this file starts what they need:
Redis, Postgres, a simulated chain and tx-svc processes, all of their own and in temporary folders.
"""

import argparse
import base64
import contextlib
import json
import os
import secrets
import signal
import sys

from programs import Program, child, write_secret
from servers import Missing, Postgres, Redis

HERE = os.path.dirname(os.path.abspath(__file__))


def tx_service(options, redis, conninfo, chain, folder):
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/", "LANG": "C.UTF-8", "ENERGY_LOG_LEVEL": "warning",
        "ENERGY_REDIS_URL": f"unix:{redis.socket}", "ENERGY_POSTGRES_URL": conninfo,
        "ENERGY_HTTP_ADDRESS": "127.0.0.1:{port}",
        "ENERGY_TRON_NODES": f"http://127.0.0.1:{chain.port}",
        "ENERGY_ORDER_HMAC_KEY_FILE": os.path.join(folder, "order"),
        "ENERGY_MASTER_KEY_FILE": os.path.join(folder, "master"),
        "ENERGY_SEALING_KEY_FILE": os.path.join(folder, "sealing"),
        "ENERGY_ORDER_ENERGY_MAX": "1000000000",
    }
    return Program([os.path.join(options.programs, "tx-svc")], environment, "/readyz", "bench-tx.")


def measure_delegations(options):
    """Real tx-svc processes against the simulator; the figures of `chain-bench delegations`."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis())
        postgres = stack.enter_context(Postgres())
        conninfo = postgres.create("bench_chain")
        postgres.sql("bench_chain", "create schema tx_svc; alter role bench set search_path = tx_svc;")
        write_secret(redis.folder, "order", secrets.token_hex(32))
        write_secret(redis.folder, "master", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        chain = stack.enter_context(Program(
            [os.path.join(options.programs, "tron-sim"), "--address", "127.0.0.1:{port}", "--data", "{folder}/chain",
             "--suppliers", str(options.suppliers)], prefix="bench-chain."))
        for _ in range(options.workers):
            stack.enter_context(tx_service(options, redis, conninfo, chain, redis.folder))
        return child(options.programs, "chain-bench", [
            "delegations", "--redis", redis.socket,
            "--postgres", conninfo, "--chain", f"http://127.0.0.1:{chain.port}",
            "--order-key", os.path.join(redis.folder, "order"),
            "--supplier-keys", os.path.join(chain.folder, "chain", "suppliers"), "--orders", str(options.orders),
            "--json"])


def arguments():
    root = os.path.dirname(HERE)
    parser = argparse.ArgumentParser(prog="./energy bench chain", description="How fast the chain's side is.")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--orders", type=int, default=5_000, help="delegations to submit (default 5000)")
    parser.add_argument("--workers", type=int, default=1, help="tx-svc processes (default 1)")
    parser.add_argument("--suppliers", type=int, default=8, help="supplier wallets (default 8)")
    parser.add_argument("--programs", default=os.path.join(root, ".build", "release"))
    options = parser.parse_args()
    if not 1 <= options.orders <= 100_000 or not 1 <= options.workers <= 8 or not 1 <= options.suppliers <= 50:
        parser.error("--orders is from 1 to 100000, --workers from 1 to 8, --suppliers from 1 to 50")
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    figures = child(options.programs, "chain-bench", ["--json"])
    figures |= measure_delegations(options)
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
