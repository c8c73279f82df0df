"""What the programs wrote into their logs: lines that no storm excuses are findings, the other errors a table."""

import collections
import json
import pathlib
import re

from .check import Check
from .findings import findings

#: Nothing that the storm does to a program may make it say one of these.
NEVER = re.compile(
    rb"InvariantViolation|[Ff]atal error|[Pp]rogram crashed|Segmentation fault|Illegal instruction|stack smashing"
    rb"|AddressSanitizer|ThreadSanitizer|double free|corrupted size|free\(\): invalid|REDIS BUG REPORT"
    rb"|could not read block|invalid page in block|found in wrong|missing chunk number")

#: So much of a message is compared and shown: what follows are the particulars of one case.
MESSAGE_LENGTH = 160
_NUMBER = re.compile(r"\d+")


def log_files(folder):
    return sorted(path for path in pathlib.Path(folder).iterdir() if path.is_file() and ".log" in path.name)


def error_table(folder):
    """`(times, level, service, message)` of lines that say error or critical, the most frequent first."""
    counts = collections.Counter()
    for path in log_files(folder):
        with open(path, "rb") as file:
            for line in file:
                if b'"level":"error"' in line or b'"level":"critical"' in line:
                    counts[_key(line)] += 1
    rows = ((times, *key) for key, times in counts.items())
    return sorted(rows, key=lambda row: (-row[0], row[1:]))


def _key(line):
    """Level, service, and the message without its numbers: one cause is one line of the table."""
    try:
        record = json.loads(line)
        return record["level"], record["service"], _NUMBER.sub("#", record["message"])[:MESSAGE_LENGTH]
    except (ValueError, KeyError, TypeError):
        return "unreadable", "?", line[:MESSAGE_LENGTH].decode(errors="replace")


class NoCrash(Check):
    """No program was trapped, met data that cannot be, or lost its own memory."""

    name = "no_crash_in_logs"
    promises = ("I5",)

    def run(self, evidence):
        found = []
        for path in log_files(evidence.log_folder):
            with open(path, "rb") as file:
                found += [
                    f"{path.name}:{number}: {line[:400].decode(errors='replace').strip()}"
                    for number, line in enumerate(file, 1) if NEVER.search(line)]
        return findings("log", "other", "a log says what must never happen", found)


class NothingCritical(Check):
    """`critical` is what an operator is woken for: the storm repairs itself."""

    name = "nothing_critical"
    promises = ("I5", "I6")

    def run(self, evidence):
        return findings("log", "other", "an operator would have been called", (
            f"{times} × {service}: {message}" for times, level, service, message in error_table(evidence.log_folder)
            if level == "critical"))
