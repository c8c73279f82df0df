"""`python -m storm.judge --data FOLDER --programs FOLDER`: judges a run once more whose folder was kept.

Starts its servers and simulators, not the services: what only a living process shows (consumers, descriptors) is
missing, so findings about those mean nothing here, nor do timers that would have fired since. What the run itself has
seen is printed with the rest. For looking into a failed run, and for work on the checks.
"""

import argparse
import asyncio
import dataclasses
import json
import pathlib
import sys
import time

from storm import verdict
from storm.checks.simulators import ChainReader
from storm.history import read
from storm.load.world import read_world
from storm.settings import settings_from
from storm.stack import Stack
from storm.stack.supervised import Death


async def main():
    parser = argparse.ArgumentParser(prog="python -m storm.judge", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    given = parser.parse_args()
    folder = given.data / "storm"
    fields = json.loads((folder / "settings.json").read_text())
    settings = settings_from(fields | {"data": str(given.data), "programs": str(given.programs)})
    stack = Stack(settings, None)
    stack.world = read_world(folder / "world.json")
    try:
        await stack.start_servers()
        await asyncio.to_thread(judge, stack, folder, settings)
    finally:
        await stack.stop()


def judge(stack, folder, settings):
    began = time.time()

    def say(text):
        print(f"{time.time() - began:6.0f}s  {text}", file=sys.stderr, flush=True)

    history = read(folder / "run.jsonl", folder / "load.jsonl")
    with verdict.evidence_of(
            stack, settings, ChainReader(stack.tron_sim.control), history=history, deaths=deaths_of(history), alive=[],
            is_calm=True) as evidence:
        result = verdict.judge(evidence, say, lambda what, error: print(f"harness: {what}: {error!r}"))
    for line in history:
        if line["what"] == "finding":
            print(f"seen in the run: {line['promise']}: {line['text']}")
    for name, caught in sorted(result.planted.items()):
        if not caught:
            print(f"{'MISSED' if caught is False else 'nothing to spoil for'} {name}")
    for finding in result.findings:
        print(f"{finding.promise} ({finding.damage}): {finding.text}")


def deaths_of(history):
    """As they were written down while the run went on."""
    names = [field.name for field in dataclasses.fields(Death)]
    return [Death(**{name: line[name] for name in names}) for line in history if line["what"] == "death"]


if __name__ == "__main__":
    asyncio.run(main())
