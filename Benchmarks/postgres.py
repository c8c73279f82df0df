"""What Postgres alone can do: pgbench runs units of work on batches of 100 messages in pipeline mode."""

import json
import os
import re
import subprocess

from servers import Missing

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "postgres")
BATCH = 100
CONNECTIONS = (1, 2, 4)


def measure(postgres, connections, seconds, size):
    """Messages a second with so many connections, each on a core's worth of pgbench threads."""
    conninfo = postgres.create("bench_pgbench")
    with open(os.path.join(HERE, "setup.sql"), encoding="utf-8") as file:
        postgres.sql("bench_pgbench", file.read())
    body = json.dumps({"account": "account-1234", "seq": 1234, "amount": 5}, separators=(",", ":"))
    values = {
        "n": "0",
        "offsets": array(str(number) for number in range(BATCH)),
        "hashes": array(f"{number:064x}" for number in range(BATCH)),
        "bodies": array('"' + body.ljust(size).replace('"', r"\"") + '"' for _ in range(BATCH)),
    }
    words = [word for name, value in values.items() for word in ("-D", f"{name}={value}")]
    result = subprocess.run(
        [postgres.program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={connections}",
         f"--jobs={min(connections, 2)}", f"--time={max(1, round(seconds))}",
         f"--file={os.path.join(HERE, 'batch.sql')}", *words, conninfo],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = result.stdout.decode(errors="replace")
    rate = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
    if result.returncode != 0 or rate is None:
        raise Missing(f"pgbench failed: {output.strip()[-400:]}")
    return {"per_second": round(float(rate.group(1)) * BATCH), "connections": connections}


def array(elements):
    return "{" + ",".join(elements) + "}"
