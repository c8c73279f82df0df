"""`python -m storm.stack`: starts a stack that a folder was prepared for, and stops it at Ctrl-C."""

import argparse
import asyncio
import json
import pathlib
import signal
import time

import uvloop

from storm.settings import Settings

from .stack import Stack


def arguments():
    parser = argparse.ArgumentParser(description="A stack to look at.")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="made by ./energy storm --prepare")
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--network", action="store_true", help="through the network's links")
    return parser.parse_args()


async def run(given):
    settings = Settings(
        minutes=5, seed=1, replicas=given.replicas, only=frozenset(), data=given.data, programs=given.programs)
    network = None
    if given.network:
        from storm.network import Network
        network = await Network.start(given.data / "storm" / "network")
    try:
        await show(settings, network)
    finally:
        if network:
            await network.stop()


async def show(settings, network):
    began = time.monotonic()
    stack = await Stack.start(settings, network)
    try:
        world = stack.layout.folder / "world.json"
        world.touch(mode=0o600)
        world.write_text(json.dumps(stack.world.to_json()), encoding="utf-8")
        print(f"runs after {time.monotonic() - began:.1f} s; who is there: {world}", flush=True)
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()
    finally:
        await stack.stop()
    for death in stack.deaths:
        if death.trouble or not death.asked:
            print(death)


uvloop.run(run(arguments()))
