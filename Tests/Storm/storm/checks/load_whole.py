"""The load did what it was told: no kind of traffic broke down, everybody came when due and went to the end of it.

Otherwise the run has shown less than it says: a customer who never came was never lost.
"""

import collections

from .check import Check
from .findings import findings


class LoadIsWhole(Check):
    name = "load_is_whole"
    promises = ("harness",)

    def run(self, evidence):
        broken = [
            f"{line['traffic']}: {line['error'].strip().rpartition(chr(10))[2]}"
            for line in evidence.history if line["what"] == "broken"]
        return findings("harness", "other", "a kind of traffic broke down", broken) + findings(
            "harness", "other", "arrivals were not taken on", not_started(evidence.history)) + findings(
            "harness", "other", "the load at the end", left_over(evidence))


def not_started(history):
    kinds = collections.Counter(line["traffic"] for line in history if line["what"] == "not_started")
    return [f"{count} of {kind}" for kind, count in sorted(kinds.items())]


def left_over(evidence):
    """What the load told when its customers had finished."""
    told = [line for line in evidence.history if line["what"] == "load"]
    if not told:
        return ["it has told no figures: its customers have not finished"]
    figures, unfinished = told[-1]["figures"], told[-1]["unfinished"]
    wrong = []
    if unfinished:
        wrong.append(f"{unfinished} arrivals never came to an end")
    arrivals, late = figures.get("arrivals", 0), figures.get("late", 0)
    if late > evidence.settings.late_share_max * arrivals:
        wrong.append(
            f"{late} of {arrivals} arrivals started late, by up to {figures.get('late_seconds_max', 0):.1f} s: "
            "the harness had no time")
    return wrong
