"""The load process: reads commands as JSON lines from standard input, writes replies and figures to standard output.

    {"settings": {…}}                     the first line
    {"command": "rate", "value": 50}      orders a second
    {"command": "gateways", "value": [{"name": …, "url": …}, …]}
    {"command": "mark", "value": 1795306447.8}   a moment: who came later and waits too long is counted
    {"command": "settle", "value": 120}   stop new traffic, finish what was begun, within so many seconds
    {"command": "stop"}                   or the end of the input

Each command is answered with {"reply": its name, "value": …} or {"reply": its name, "error": …}.
{"figures": {…}} come each second.
"""

import asyncio
import gc
import json
import os
import resource
import sys

import uvloop

from storm.history import History
from storm.load.engine import Engine
from storm.load.kinds import ALL
from storm.load.process import LINE_BYTES_MAX
from storm.load.world import read_world
from storm.proc import go_first
from storm.settings import settings_from

FIGURES_SECONDS = 1.0
NICENESS = -10


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def main(world_path, history_path):
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    settings = settings_from(json.loads(await reader.readline())["settings"])
    raise_limit(settings.connections_max * 2)
    # Customers have machines of their own: they come when they want, however busy ours is.
    go_first(NICENESS)
    history = History(history_path)
    engine = Engine(settings, read_world(world_path), history, ALL)
    # What is there now stays, and what comes is freed by counting: full collections would only cost time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    engine.start()
    telling = asyncio.create_task(tell_figures(engine))
    try:
        say(reply="start", value=os.getpid())
        await obey(reader, engine)
    finally:
        telling.cancel()
        await engine.stop()
        history.close()
    say(figures=figures_of(engine))
    say(reply="stop", value=None)


async def obey(reader, engine):
    """Until it is told to stop, or nobody is there any more to tell."""
    while line := await reader.readline():
        command, value = (json.loads(line).get(name) for name in ("command", "value"))
        if command == "stop":
            return
        try:
            say(reply=command, value=await carry_out(engine, command, value))
        except (ValueError, KeyError, TypeError) as error:
            say(reply=command, error=str(error))


async def carry_out(engine, command, value):
    if command == "rate":
        return engine.set_rate(float(value))
    if command == "gateways":
        return engine.set_gateways(value)
    if command == "mark":
        return engine.figures.set_mark(float(value))
    if command == "settle":
        left = await engine.settle(float(value))
        say(figures=figures_of(engine))
        return left
    raise ValueError(f"There is no command '{command}'; use rate, gateways, mark, settle or stop.")


async def tell_figures(engine):
    while True:
        await asyncio.sleep(FIGURES_SECONDS)
        say(figures=figures_of(engine))


def figures_of(engine):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {**engine.values(), "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2)}


def raise_limit(files):
    """Connections are files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
