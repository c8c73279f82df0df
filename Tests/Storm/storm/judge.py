"""`python -m storm.judge --data FOLDER --programs FOLDER`: judges a run once more whose folder was kept.

Starts its servers and simulators, not the services: what only a living process shows (consumers, descriptors) is
missing, so findings about those mean nothing here, nor do timers that would have fired since. For looking into a failed run, and for work on the checks.
"""

import argparse
import asyncio
import json
import pathlib
import sys
import time

from storm import verdict
from storm.checks.evidence import Evidence
from storm.checks.simulators import ChainReader
from storm.history import read
from storm.load.process import settings_from
from storm.stack import Stack


async def main():
    parser = argparse.ArgumentParser(prog="python -m storm.judge", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    given = parser.parse_args()
    folder = given.data / "storm"
    fields = json.loads((folder / "settings.json").read_text())
    settings = settings_from(fields | {"data": str(given.data), "programs": str(given.programs)})
    stack = Stack(settings, None)
    try:
        await stack.start_servers()
        await asyncio.to_thread(judge, stack, folder, settings)
    finally:
        await stack.stop()


def judge(stack, folder, settings):
    began = time.time()
    with Evidence.open(
            stack.postgres.conninfo, stack.redis.url, telegram_control=stack.telegram_sim.control,
            chain_reader=ChainReader(stack.tron_sim.control), world=json.loads((folder / "world.json").read_text()),
            settings=settings, history=read(folder / "run.jsonl", folder / "load.jsonl"), log_folder=stack.log_folder,
            secrets=stack.secrets(), deaths=[], alive=[], is_calm=True) as evidence:
        result = verdict.judge(
            evidence, lambda text: print(f"{time.time() - began:6.0f}s  {text}", file=sys.stderr, flush=True))
    for name, caught in sorted(result.planted.items()):
        if not caught:
            print(f"{'MISSED' if caught is False else 'nothing to spoil for'} {name}")
    for finding in result.findings:
        print(f"{finding.promise} ({finding.damage}): {finding.text}")


if __name__ == "__main__":
    asyncio.run(main())
