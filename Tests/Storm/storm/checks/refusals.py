"""What is refused is refused as documented: the right status for bad input, Retry-After for "not now", and never an
error of ours for an order that is recorded."""

import dataclasses
import hashlib

from .check import Check
from .findings import findings

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
            if line["status"] in LATER and line.get("retry_after") is None))


def rest_answers(history):
    rest = {line["key"] for line in history if line["what"] == "order_sent" and line.get("channel") == "rest"}
    return [line for line in history if line["what"] == "order_answered" and line["key"] in rest]


@dataclasses.dataclass
class Attempt:
    began: float
    #: None: it had no answer, so nobody knows until when it was worked on.
    ended: float | None
    status: int | None


def attempts_of(history):
    """`{key: [Attempt]}` of the orders over REST."""
    attempts = {}
    for line in history:
        if line["what"] == "order_answered":
            attempt = Attempt(line["at"] - line["seconds"], line["at"], line["status"])
        elif line["what"] == "order_unknown" and line.get("was_sent", True):
            attempt = Attempt(line["at"] - line.get("seconds", 0.0), None, None)
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
        recorded = {
            row["key_hash"]: row["at"] for row in evidence.sql(
                """
                select split_part(id, ':', 2) as key_hash, extract(epoch from created_at)::float8 as at
                from gateway.rest_orders
                """)}
        return findings("edge", "other", "recorded, and answered with an error", (
            f"the order with key {key}: status {attempt.status}"
            for key, attempts in attempts_of(evidence.history).items()
            for attempt in guilty(attempts, recorded.get(_hash(key)))))


def guilty(attempts, recorded_at):
    """Attempts that were answered 5xx although none but they can have recorded the order at that time."""
    if recorded_at is None:
        return []
    able = [
        attempt for attempt in attempts
        if attempt.began <= recorded_at and (attempt.ended is None or recorded_at <= attempt.ended)]
    return able if len(able) == 1 and (able[0].status or 0) >= 500 else []


def _hash(key):
    return hashlib.sha256(key.encode()).hexdigest()
