"""What a run has to reach beside keeping every promise: its rate, its latencies, no pause while services are scaled.

Judged from the customers' attempts and the order service's own events. Where few orders came, chance is allowed for:
arrivals are a Poisson process, whose number varies by its square root.
"""

import dataclasses
import math

from storm.checks.check import Finding
from storm.percentile import percentile
from storm.recovery import slots_of
from storm.stack.links import SERVICES

#: Standard deviations that a number of arrivals may be short of its mean.
DEVIATIONS = 3
#: Fewer looks at what holds at every instant are too few to miss half of.
LOOKS_MIN = 4
#: About every second process that dies under load holds messages: so many that all held none are none by chance.
FALLEN_MIN = 8


@dataclasses.dataclass(frozen=True)
class Course:
    """What a run was like."""

    settings: object
    #: As in recovery.py, in any order.
    attempts: list
    passages: list
    firings: list
    #: When the calm began, when the storm did, and when that ended.
    calm: float
    storm: float
    ends: float
    looks_taken: int = 0
    looks_missed: int = 0
    #: Of the bus, over all processes: the name without "energy_bus_" and "_total".
    counters: dict = dataclasses.field(default_factory=dict)
    #: (when, whether it was given up) of conversations in Telegram that led to an order, an offer, or nothing.
    dialogs: list = dataclasses.field(default_factory=list)

    def sent(self, begins, ends):
        return [attempt for attempt in self.attempts if begins <= attempt.sent < ends]

    def made(self, begins, ends):
        return [passage for passage in self.passages if begins <= passage.began < ends]


def judge(course):
    """Findings; none when every goal is reached."""
    goals = (
        served_as_asked, calm_is_quick, dialogs_go_on, overload_is_refused, scaling_is_not_felt, soak_is_flat,
        looks_were_taken, others_took_over, groups_came_back)
    return [finding for goal in goals for finding in goal(course)]


def missed(text):
    return Finding("bus-17", "other", text)


# ---------------------------------------------------------------- rates


def too_few(course, begins, ends):
    """In words, how far the orders made in this time are behind the rate; None: they are not."""
    rate, seconds = course.settings.rate, ends - begins
    if seconds <= 0:
        return None
    count = sum(not passage.is_ours for passage in course.made(begins, ends))
    least = course.settings.served_share_min * rate * seconds - DEVIATIONS * math.sqrt(rate * seconds)
    return f"{count / seconds:.1f} orders a second, asked for: {rate:g}" if count < least else None


def served_as_asked(course):
    times = {"in the calm": (course.calm, course.storm), "in the whole run": (course.calm, course.ends)}
    return [missed(f"{name} {short}") for name, span in times.items() if (short := too_few(course, *span))]


# ---------------------------------------------------------------- latencies


def durations(course, begins, ends):
    """(answers, deliveries): how long each took of what came in this time; what never came has taken for ever."""
    answers = [attempt.seconds for attempt in course.sent(begins, ends) if attempt.served]
    return answers, [passage.seconds for passage in course.made(begins, ends)]


def latencies(course, begins, ends):
    """(answers, deliveries): 99th percentiles."""
    return tuple(percentile(seconds, 99) for seconds in durations(course, begins, ends))


def too_slow(course, begins, ends, when):
    answer, delivery = latencies(course, begins, ends)
    settings = course.settings
    found = []
    if answer is not None and answer > settings.answer_seconds_max:
        found.append(missed(f"{when} the p99 of answers is {answer:.2f} s, goal {settings.answer_seconds_max:g} s"))
    if delivery is not None and delivery > settings.overdue_seconds:
        found.append(missed(f"{when} the p99 of deliveries is {delivery:.2f} s, goal {settings.overdue_seconds:g} s"))
    return found


def unanswered(course, begins, ends, when):
    sent = course.sent(begins, ends)
    silent = sum(not attempt.answered for attempt in sent)
    if silent <= course.settings.unanswered_share_max * len(sent):
        return []
    return [missed(f"{when} {silent} of {len(sent)} attempts to order had no answer")]


def calm_is_quick(course):
    # Who came last may be on the way when the first fault begins.
    span = (course.calm, course.storm - course.settings.overdue_seconds)
    return too_slow(course, *span, "in the calm") + unanswered(course, *span, "in the calm")


def dialogs_go_on(course):
    """In Telegram who gets no answer does not come as far as an attempt to order."""
    span = [is_left for at, is_left in course.dialogs if course.calm <= at < course.storm]
    if sum(span) <= max(1, course.settings.dialogs_left_share_max * len(span)):
        return []
    return [missed(f"in the calm {sum(span)} of {len(span)} conversations in Telegram were given up")]


def overload_is_refused(course):
    """Work that was accepted is done in time; the rest is told at once that it is too much."""
    found = []
    for firing in course.firings:
        if firing.name == "overload":
            when = "under overload"
            found += too_slow(course, firing.begins, firing.ends, when)
            found += unanswered(course, firing.begins, firing.ends, when)
    return found


def soak_is_flat(course):
    """Without faults nothing gets slower with time."""
    settings = course.settings
    if not settings.is_only("none") or settings.minutes < settings.growth_minutes_min:
        return []
    quarter = (course.ends - course.storm) / 4
    first = latencies(course, course.storm, course.storm + quarter)
    last = latencies(course, course.ends - quarter, course.ends)
    return [
        missed(f"the p99 of {name} has grown from {before:.2f} s in the first quarter to {after:.2f} s in the last")
        for name, before, after in zip(("answers", "deliveries"), first, last)
        if None not in (before, after) and after > settings.growth_max * max(before, settings.growth_seconds_min)]


# ---------------------------------------------------------------- scaling


def scaling_is_not_felt(course):
    """Judged where nothing else happened, and where so many orders come that a pause is one."""
    settings = course.settings
    scalings = [slot[0] for slot in slots_of(course.firings) if len(slot) == 1 and slot[0].name == "scale"]
    found = []
    if settings.is_only("scale"):
        scaled = {hit[0].rpartition("-")[0] for firing in scalings for hit in firing.hits}
        found += [missed(f"{service} was never scaled: the run was too short") for service in SERVICES
                  if service not in scaled]
    if settings.rate >= settings.pause_rate_min:
        for firing in scalings:
            found += pauses(course, firing)
    return found


def pauses(course, firing):
    settings = course.settings
    who = ", ".join(sorted({hit[0].rpartition("-")[0] for hit in firing.hits}))
    # Deliveries come block by block.
    most_delivered = settings.pause_seconds_max + 2 * settings.block_milliseconds / 1000
    found = []
    for what, moments, most in (
            ("accepted", [passage.began for passage in course.passages], settings.pause_seconds_max),
            ("delivered", [passage.ended for passage in course.passages if passage.ended and not passage.is_ours],
             most_delivered)):
        gap = longest_gap(moments, firing.begins, firing.ends)
        if gap > most:
            found.append(missed(f"while {who} was scaled no order was {what} for {gap:.1f} s, goal {most:g} s"))
    if short := too_few(course, firing.begins, firing.ends):
        found.append(missed(f"while {who} was scaled: {short}"))
    return found


def longest_gap(moments, begins, ends):
    within = sorted(moment for moment in moments if begins <= moment < ends)
    edges = [begins, *within, ends]
    return max(after - before for before, after in zip(edges, edges[1:]))


# ---------------------------------------------------------------- looks


def looks_were_taken(course):
    """Checks that hold at every instant have shown it only when they could be asked."""
    taken, looks = course.looks_taken, course.looks_taken + course.looks_missed
    if looks < LOOKS_MIN or 2 * taken >= looks:
        return []
    return [Finding("harness", "other", f"only {taken} of {looks} looks at what holds at every instant were taken")]


# ---------------------------------------------------------------- the bus


def others_took_over(course):
    """What a process held that died, or slept for too long beside another of its service, was taken over at least once
    in a run with many of those. One alone may have held nothing just then."""
    settings = course.settings
    fallen = sum(len(firing.hits) for firing in course.firings if firing.name == "kill" or (
        firing.name == "freeze" and settings.replicas > 1 and firing.ends - firing.begins > 2 * settings.lease_seconds))
    if fallen < FALLEN_MIN or course.counters.get("taken_over", 0):
        return []
    return [Finding("bus-4", "other", f"of {fallen} processes that died or slept nothing was ever taken over")]


def groups_came_back(course):
    """Without its groups nobody can read a stream: whoever does has made his anew."""
    flushed = any(firing.name == "redis_flushall" and firing.hits for firing in course.firings)
    if not flushed or course.counters.get("groups_recreated", 0):
        return []
    return [Finding("bus-12", "other", "Redis was emptied, and no group was made anew")]
