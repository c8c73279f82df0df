"""How long the system took to be well again after each fault, and what customers noticed of it.

Judged afterwards, from the customers' attempts and from the order service's own events, not from averages: after a
fault's end it counts until the *last* attempt that was not served properly, or the last order that was delivered late.
A calm minute has no such attempt, so the first one of another fault ends the search.

Those whom the fault has kept waiting come back beside those who would have come anyway: more than the rate. When the
rate is served, as far as it has to be in the calm, and in time, the system is what it was, and "not now" to those
beyond is its proper answer, as under overload. Until when somebody was told so is reported, too.
"""

import bisect
import dataclasses
import math

from storm.percentile import percentile

#: Reasons of an order's failure that are the shop's: its customer has done everything right, and gets no energy.
OURS = frozenset(["expired", "pool_empty", "signing_paused", "deadline", "chain_refused"])


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One sending of an order by a customer."""

    sent: float
    seconds: float
    #: Whether it had a definite answer: accepted, or refused for a reason of business.
    served: bool
    #: Whether it had any: "not now" is one, too.
    answered: bool = True
    #: Whether it was told "not now": 429 or 503, nothing was done.
    put_off: bool = False
    #: Its idempotency key: that of an order, which may be sent several times. None: one of its own.
    key: str | None = None


@dataclasses.dataclass(frozen=True)
class Passage:
    """An order between its acceptance and its delivery or end."""

    began: float
    #: None: never.
    ended: float | None
    #: Why no energy came; None: it did, or the order has no end.
    failure: str | None = None

    @property
    def is_ours(self):
        """Whether it has failed for a reason of ours: however quickly that went, nobody was served."""
        return self.failure in OURS

    @property
    def was_delivered(self):
        return self.ended is not None and self.failure is None

    @property
    def seconds(self):
        """What never came has taken for ever."""
        return math.inf if self.ended is None or self.is_ours else self.ended - self.began


@dataclasses.dataclass(frozen=True)
class Firing:
    """One fault that has happened."""

    name: str
    begins: float
    ends: float
    #: (target, count, detail) for each that was hit.
    hits: tuple
    #: The goal that it is held to, in seconds, or None.
    goal: float | None = None
    #: So long after it, when the next faults were due, customers who had come since were not served in time; None: they
    #: were.
    unwell_seconds: float | None = None


@dataclasses.dataclass(frozen=True)
class Recovery:
    """What one firing did to customers."""

    firing: Firing
    #: After the fault's end until the last bad sign; 0: none.
    seconds: float
    #: After the fault's end until the last attempt that was told "not now"; 0: none.
    refused_seconds: float
    #: 99th percentiles of the time to an answer: before, during, after; None without attempts.
    answers: tuple
    #: The same of the time to delivery.
    deliveries: tuple


class Observations:
    """What customers met, in the order of time."""

    #: So long before and after somebody was told "not now" the rate has to be served, or as much of it as in the calm.
    AROUND_SECONDS = 2.0
    #: After that those whom a fault has kept waiting are gone: nobody waits for longer before the next attempt.
    CROWD_SECONDS_MAX = 60.0

    def __init__(self, attempts, passages, settings):
        self.attempts = sorted(attempts, key=lambda attempt: attempt.sent)
        self.passages = sorted(passages, key=lambda passage: passage.began)
        self.settings = settings
        #: When each order was served in time, for the first time.
        self.served = self._first_served()

    def _first_served(self):
        first, own = {}, []
        for attempt in self.attempts:
            if attempt.served and not self._is_slow(attempt):
                at = attempt.sent + attempt.seconds
                if attempt.key is None:
                    own.append(at)
                else:
                    first[attempt.key] = min(at, first.get(attempt.key, at))
        return sorted([*own, *first.values()])

    def recovery_after(self, firing, until):
        """`until`: when the next fault begins, or the storm ends. What is on its way then may meet the next fault: of
        that only the time until then says something of this one."""
        last = firing.ends
        for attempt in self._attempts(firing.ends, until):
            if self._is_bad(attempt, until) or (
                    attempt.put_off and attempt.sent - firing.ends > self.CROWD_SECONDS_MAX):
                last = max(last, attempt.sent)
        # Who waited for a delivery when the fault began is among those whom it has hit.
        for passage in self._passages(firing.begins - self.settings.overdue_seconds, until):
            end = until if passage.ended is None else min(passage.ended, until)
            is_refused = passage.is_ours and end < until
            if is_refused or end - passage.began > self.settings.overdue_seconds:
                last = max(last, end)
        return round(last - firing.ends, 2)

    def _is_slow(self, attempt):
        return attempt.seconds > self.settings.answer_seconds_max

    def _is_bad(self, attempt, until):
        at = attempt.sent + attempt.seconds
        if at >= until:
            return until - attempt.sent > self.settings.answer_seconds_max
        if self._is_slow(attempt) or not attempt.put_off:
            return self._is_slow(attempt) or not attempt.served
        served = (bisect.bisect_right(self.served, at + self.AROUND_SECONDS)
                  - bisect.bisect_left(self.served, at - self.AROUND_SECONDS))
        return served < self.settings.served_share_min * self.settings.rate * 2 * self.AROUND_SECONDS

    def _last_refusal(self, firing, until):
        sent = [attempt.sent for attempt in self._attempts(firing.ends, until) if attempt.put_off]
        return round(max(sent, default=firing.ends) - firing.ends, 2)

    def judge(self, firing, until, since):
        """`since`: the end of the quiet before the firing, its beginning; `until` as above."""
        recovered = firing.ends + self.recovery_after(firing, until)
        spans = ((since, firing.begins), (firing.begins, max(firing.ends, firing.begins + 1)), (recovered, until))
        return Recovery(
            firing, round(recovered - firing.ends, 2), self._last_refusal(firing, until),
            tuple(percentile([a.seconds for a in self._attempts(*span) if a.served], 99) for span in spans),
            tuple(percentile([p.seconds for p in self._passages(*span)], 99) for span in spans))

    def _attempts(self, begins, ends):
        return [attempt for attempt in self.attempts if begins <= attempt.sent < ends]

    def _passages(self, begins, ends):
        return [passage for passage in self.passages if begins <= passage.began < ends]


def judge_all(firings, observations, storm_begins, storm_ends):
    """A Recovery for each firing. Faults of one slot overlap: they are judged together, from the last one's end, and
    those that have a goal by the greatest of them."""
    slots = slots_of(firings)
    results, since = [], storm_begins
    for index, slot in enumerate(slots):
        until = slots[index + 1][0].begins if index + 1 < len(slots) else storm_ends
        ends = max(firing.ends for firing in slot)
        begins = min(firing.begins for firing in slot)
        goal = max((firing.goal for firing in slot if firing.goal is not None), default=None)
        for firing in slot:
            together = dataclasses.replace(firing, begins=begins, ends=ends)
            judged = observations.judge(together, until, since)
            held = dataclasses.replace(firing, goal=goal if firing.goal is not None else None)
            results.append(dataclasses.replace(judged, firing=held))
        since = ends + results[-1].seconds
    return results


def slots_of(firings):
    """The firings that overlap, together; in the order of time."""
    slots = []
    for firing in sorted(firings, key=lambda firing: firing.begins):
        if slots and firing.begins < max(other.ends for other in slots[-1]) + 0.001:
            slots[-1].append(firing)
        else:
            slots.append([firing])
    return slots
