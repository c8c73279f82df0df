"""What the Python peers share: their messages, and a count of those handled that the benchmark reads from outside.

Every consumer process has a file of its own in BENCH_COUNTS, eight bytes long and mapped into memory.
"""

import json
import mmap
import os
import struct
import sys
import threading

REDIS = os.environ["BENCH_REDIS"]  # the path of Redis' unix socket
COUNTS = os.environ["BENCH_COUNTS"]


class Counter:
    """Counts in this process. It is opened at the first message, because workers fork after this module is loaded."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None
        self.count = 0

    def add(self, messages=1):
        with self.lock:
            if self.process != os.getpid():
                self.open()
            self.count += messages
            struct.pack_into("<Q", self.memory, 0, self.count)

    def open(self):
        self.process = os.getpid()
        self.count = 0
        with open(os.path.join(COUNTS, str(self.process)), "w+b") as file:
            file.truncate(8)
            self.memory = mmap.mmap(file.fileno(), 8)


counter = Counter()


def message(number, size):
    """The fields that every contestant sends and decodes: as JSON, `size` bytes."""
    fields = {"account": f"account-{number % 10000}", "seq": number, "amount": 5, "note": ""}
    fields["note"] = "x" * max(0, size - len(json.dumps(fields, separators=(",", ":"))))
    return fields


def produce(send_all):
    """The producer process: makes the messages, waits for a line from the benchmark, sends them."""
    size = int(os.environ["BENCH_BYTES"])
    messages = [message(number, size) for number in range(int(os.environ["BENCH_MESSAGES"]))]
    print("ready", flush=True)
    sys.stdin.readline()
    send_all(messages)
