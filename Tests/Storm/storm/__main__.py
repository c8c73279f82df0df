"""`python -m storm`: what `./energy storm` runs once programs, folders and secrets are in place."""

import argparse
import asyncio
import json
import pathlib
import signal
import sys
import time

import uvloop

from storm import report
from storm.faults import ALL as ALL_FAULTS
from storm.runner import Runner
from storm.settings import Settings


def arguments():
    parser = argparse.ArgumentParser(
        prog="./energy storm",
        description="The whole system under load and under faults, and whether it kept its promises.")
    parser.add_argument("--minutes", type=positive, default=30.0, help="of load and faults (30)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (1)")
    parser.add_argument("--replicas", type=replicas, default=2, help="processes of each service (2)")
    parser.add_argument("--only", default="", help="classes of faults, separated by commas; 'none' for none")
    parser.add_argument("--rate", type=positive, default=50.0, help="orders a second (50)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--data", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    given = parser.parse_args()
    known = {fault.name for fault in ALL_FAULTS}
    given.only = frozenset(name for name in given.only.split(",") if name)
    if unknown := sorted(given.only - known - {"none"}):
        parser.error(f"--only: there is no fault '{unknown[0]}'; there are none, {', '.join(sorted(known))}")
    return given


def positive(text):
    number = float(text)
    if not 0 < number <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return number


def replicas(text):
    number = int(text)
    if not 1 <= number <= 4:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 4")
    return number


async def stoppable(runner):
    """SIGTERM ends the run as Ctrl-C does: in order, with everything stopped."""
    running = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await runner.run()


def main():
    given = arguments()
    if not sys.platform.startswith("linux"):
        sys.exit("the storm limits and freezes processes as Linux does: run it on Linux, or in a container")
    began = time.time()

    def say(text):
        print(f"{time.time() - began:6.0f}s  {text}", file=sys.stderr, flush=True)

    settings = Settings(
        minutes=given.minutes, seed=given.seed, replicas=given.replicas, data=given.data, programs=given.programs,
        only=given.only, rate=given.rate)
    result = uvloop.run(stoppable(Runner(settings, say)))
    print(report.text(result), flush=True)
    if given.json:
        print(json.dumps(report.summary(result)), flush=True)
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
