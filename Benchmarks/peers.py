"""The peers: other people's message libraries doing what BusKit does, each as its own documentation tunes it.

A consumer (as many processes as its documentation says for two cores) is started with the command that its users use.
When it has counted a few messages, a producer process sends the rest. The rate is of messages handled, from the
producer's start.
"""

import contextlib
import dataclasses
import glob
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from servers import Missing, end, undisturbed

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
START_SECONDS_MAX = 30.0
# A peer that is not done then is counted as far as it came.
MEASURE_SECONDS_MAX = 15.0


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    package: str
    settings: str
    messages_per_second: int
    """About what it reaches: how many messages make a measurement of the length wanted."""
    consumers: tuple
    producer: tuple
    mode: str = ""
    is_each: bool = True
    """Whether a handler is called for each message, as BusKit's is, and not for a list of them."""
    is_acknowledged: bool = True
    """Whether a message is acknowledged after its handler: otherwise a crash loses what a worker holds."""

    @property
    def is_python(self):
        return self.producer[0] == "{python}"


FASTSTREAM = (("{bin}/faststream", "run", "faststream_peer:app", "--loop", "uvloop:new_event_loop"),) * 2

# `{python}` and `{bin}` stand for the interpreter and the folder of the environment that the benchmark makes.
PEERS = [
    Peer("celery", "celery", "prefork, 2 workers, acks_late, prefetch 128 each, results ignored", 800,
         (("{bin}/celery", "-A", "celery_peer", "worker", "--concurrency=2", "--without-gossip", "--without-mingle",
           "--without-heartbeat", "--loglevel=ERROR"),),
         ("{python}", "celery_peer.py")),
    Peer("dramatiq", "dramatiq", "2 processes, 8 threads each", 2500,
         (("{bin}/dramatiq", "dramatiq_peer", "--processes=2", "--threads=8"),),
         ("{python}", "dramatiq_peer.py")),
    Peer("faststream", "faststream",
         "2 processes, a stream with a group, pydantic, pipelines and reads of 256, uvloop", 4000,
         FASTSTREAM, ("{python}", "faststream_peer.py"), "each"),
    Peer("faststream_batches", "faststream",
         "the same, its handler takes lists of up to 256 and acknowledges them together", 20000,
         FASTSTREAM, ("{python}", "faststream_peer.py"), "batch", is_each=False),
    Peer("sidekiq", "sidekiq",
         "2 processes, 10 threads each, push_bulk 1,000, hiredis; takes and never acknowledges", 12000,
         (("sidekiq", "-r", "./sidekiq_peer.rb", "-c", "10"),) * 2,
         ("ruby", "sidekiq_peer.rb"), is_acknowledged=False),
]


def install(folder):
    """The Python peers' environment, made once; returns its folder."""
    wanted = os.path.join(HERE, "requirements.txt")
    done = os.path.join(folder, "requirements.txt")
    with open(wanted, "rb") as file:
        requirements = file.read()
    if os.path.exists(done):
        with open(done, "rb") as file:
            if file.read() == requirements:
                return folder
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder])
    run([os.path.join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", wanted])
    shutil.copyfile(wanted, done)
    return folder


def run(words):
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise Missing(f"{' '.join(words[:4])} failed: {result.stdout.decode(errors='replace').strip()[-300:]}")


def measure(peer, redis, environment, seconds, size):
    """One measurement on a fresh Redis: what was handled in a second, and of how many messages."""
    words = {"python": os.path.join(environment, "bin", "python"), "bin": os.path.join(environment, "bin")}
    messages = int(peer.messages_per_second * seconds)
    counts = tempfile.mkdtemp(prefix="bench-counts.", dir="/tmp")
    values = dict(
        os.environ, BENCH_REDIS=redis.socket, BENCH_COUNTS=counts, BENCH_BYTES=str(size), BENCH_MODE=peer.mode,
        PYTHONUNBUFFERED="1")
    children = []

    def start(template, count):
        command = [word.format(**words) for word in template]
        if shutil.which(command[0]) is None:
            raise Missing(f"{command[0]} is not installed; on Debian: apt-get install ruby-sidekiq ruby-hiredis")
        with open(os.path.join(counts, f"{len(children)}.log"), "wb") as log:
            child = subprocess.Popen(
                command, cwd=HERE, env=dict(values, BENCH_MESSAGES=str(count)), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if template is peer.producer else log, stderr=log, start_new_session=True)
        children.append(child)
        return child

    try:
        consumers = [start(command, 0) for command in peer.consumers]
        before = warm_up(peer, consumers[0], counts, lambda: go(start(peer.producer, 64)))
        started = go(start(peer.producer, messages))
        while (done := handled(counts) - before) < messages and time.monotonic() - started < MEASURE_SECONDS_MAX:
            time.sleep(0.005)
        elapsed = time.monotonic() - started
        if done == 0:
            raise Missing(f"{peer.name} handled nothing: {log_of(counts)}")
        return {"messages": done, "seconds": round(elapsed, 3), "per_second": round(done / elapsed)}
    except Missing as missing:
        raise Missing(f"{missing} {log_of(counts)}".strip()) from missing
    finally:
        with undisturbed():
            for child in reversed(children):
                end(child, 5.0)
                # Workers that a killed master left behind.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            shutil.rmtree(counts, ignore_errors=True)


def warm_up(peer, consumer, counts, send):
    """Sends a few messages until the consumers have handled some; returns how many that were when all is quiet."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while handled(counts) == 0:
        if consumer.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"{peer.name} did not handle its first message")
        send()
        time.sleep(1.0)
    before, quiet = handled(counts), 0
    while quiet < 10 and time.monotonic() < deadline:
        time.sleep(0.1)
        count = handled(counts)
        before, quiet = count, quiet + 1 if count == before else 0
    return before


def go(producer):
    """Lets a producer begin that has its messages ready; returns when that was."""
    producer.stdout.readline()
    producer.stdin.write(b"\n")
    producer.stdin.flush()
    return time.monotonic()


def handled(counts):
    """The sum of what the consumer processes have written."""
    total = 0
    for path in glob.glob(os.path.join(counts, "*")):
        if os.path.basename(path).isdigit():
            with open(path, "rb") as file:
                data = file.read(8)
            if len(data) == 8:
                total += struct.unpack("<Q", data)[0]
    return total


def log_of(counts):
    """The last words of the processes, for the reason of a failure."""
    lines = []
    for path in sorted(glob.glob(os.path.join(counts, "*.log"))):
        with open(path, "rb") as file:
            lines += file.read().decode(errors="replace").strip().splitlines()[-2:]
    return " | ".join(lines)[-400:]
