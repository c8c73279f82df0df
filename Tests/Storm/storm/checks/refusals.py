"""What is refused is refused as documented: the right status for bad input, Retry-After for "not now", and never an
error of ours for an order that is recorded."""

import dataclasses

from .check import Check
from .findings import findings
from .orders import recorded
from .story import UNKNOWN_CODE, gateway_key

LATER = (429, 503)


class RefusedProperly(Check):
    """Bad input has the answer that the documentation gives it."""

    name = "refused_properly"
    promises = ("I6",)

    def run(self, evidence):
        wrong, failed = [], []
        for line in evidence.history:
            if line["what"] == "hostile" and not _is_allowed(line):
                wrong.append(f"{line['case']}: {line['status']} {line.get('code')}")
            elif line["what"] == "unexpected":
                answer = f"{line['method']} {line['path']}: {line['status']} {line.get('code')}"
                (failed if line["status"] >= 500 else wrong).append(answer)
        return findings("edge", "other", "refused with the wrong answer", wrong) + findings(
            "edge", "other", "an error of ours was the answer", failed)


def _is_allowed(line):
    if line["status"] in LATER:
        return True
    return any(line["status"] == status and code in (None, line.get("code")) for status, code in line["allowed"])


class NotNowSaysWhen(Check):
    """Whoever is turned away is told when to come back."""

    name = "not_now_says_when"
    promises = ("I6",)

    def run(self, evidence):
        return findings("I6", "other", "turned away without Retry-After", (
            f"an order with key {line['key']}: {line['status']} {line.get('code')} of {line.get('gateway')}"
            for line in rest_answers(evidence.history)
            if line["status"] in LATER and line.get("retry_after") is None)
        ) + findings("I6", "other", "turned away without Retry-After", (
            f"{line['path']}: {line['status']}" for line in evidence.history
            if line["what"] == "put_off" and line.get("retry_after") is None))


def rest_answers(history):
    rest = {line["key"] for line in history if line["what"] == "order_sent" and line.get("channel") == "rest"}
    return [line for line in history if line["what"] == "order_answered" and line["key"] in rest]


@dataclasses.dataclass
class OrderRequest:
    """One sending of an order over REST."""

    began: float
    #: None: it had no answer, or one that said that nobody knows yet, so it may be worked on for ever.
    ended: float | None
    status: int | None


def requests_of(history):
    """`{key: [OrderRequest]}`"""
    attempts = {}
    for line in history:
        if line["what"] == "order_answered" and line.get("code") != UNKNOWN_CODE:
            attempt = OrderRequest(line["at"] - line["seconds"], line["at"], line["status"])
        elif line["what"] == "order_answered" or line["what"] == "order_unknown" and line.get("was_sent", True):
            attempt = OrderRequest(line["at"] - line.get("seconds", 0.0), None, None)
        else:
            continue
        attempts.setdefault(line["key"], []).append(attempt)
    return attempts


class NoErrorAfterTheCommit(Check):
    """Once an order is recorded, the request that recorded it is never told that it failed.

    An attempt of which nobody knows what came of it may have recorded the order behind the back of a later one: a
    gateway that cannot reach its database cannot know. Only an attempt that alone can have recorded it is held to it.
    """

    name = "no_error_after_the_commit"
    promises = ("edge", "I5")

    def run(self, evidence):
        rows = recorded(evidence)
        asked = {key: (rows.get(gateway_key(key)), attempts) for key, attempts in requests_of(evidence.history).items()}
        return findings("edge", "other", "recorded, and answered with an error", (
            f"the order with key {key}: status {attempt.status}"
            for key, (row, attempts) in asked.items() if row is not None
            for attempt in guilty(attempts, row["created_at"])))


def guilty(attempts, recorded_at):
    """Attempts that were answered 5xx although none but they can have recorded the order at that time."""
    able = [
        attempt for attempt in attempts
        if attempt.began <= recorded_at and (attempt.ended is None or recorded_at <= attempt.ended)]
    return able if len(able) == 1 and (able[0].status or 0) >= 500 else []
