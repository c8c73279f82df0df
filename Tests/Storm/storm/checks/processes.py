"""Processes end when they are told to, and what they take up in the storm they give back: judged from the samples."""

import statistics

from .check import Check
from .findings import findings

MEGABYTE = 1 << 20
#: So many of the last samples tell how things are at rest.
REST_SAMPLES = 3
#: What stands in for the chain and for Telegram makes no promise: both keep their whole past, one in memory.
SIMULATORS = frozenset(["tron-sim", "telegram-sim"])
#: A process that has lived for so many seconds has filled its caches: from then on it takes up no more and no more.
OLD_SECONDS = 600
#: From its second quarter to its last one an old process may grow by so much, and by so many bytes.
GROWTH_MAX = 1.2
GROWTH_SLACK_BYTES = 8 * MEGABYTE


class DeathsAskedFor(Check):
    """Whoever died was killed or told to end, and ended as told."""

    name = "deaths_asked_for"
    promises = ("I6",)

    def run(self, evidence):
        return findings("process", "other", "a process died by itself", (
            f"{death.name} with exit code {death.exit_code} after {death.seconds:.0f} s"
            for death in evidence.deaths if not death.asked)
        ) + findings("process", "other", "a process did not end as it should", (
            f"{death.name} ({death.cause}): {death.trouble}"
            for death in evidence.deaths if death.asked and death.trouble))


def samples_of(history):
    return [line for line in history if line["what"] == "sample"]


def calm_samples(history):
    """Those of the phase in which nothing is broken yet."""
    begins = [line["at"] for line in history if line["what"] == "phase" and line["name"] == "calm"]
    if not begins:
        return []
    ends = [line["at"] for line in history if line["what"] == "phase" and line["at"] > begins[0]]
    last = ends[0] if ends else float("inf")
    return [line for line in samples_of(history) if begins[0] <= line["at"] < last]


def level(samples, what):
    """`{service or server: its level}`: in each sample the replica with the most counts, of the samples the median."""
    seen = {}
    for line in samples:
        most = {}
        for name, value in line["figures"].items():
            if name.startswith(f"{what}/"):
                whose = service_of(name.partition("/")[2])
                most[whose] = max(most.get(whose, 0), value)
        for whose, value in most.items():
            seen.setdefault(whose, []).append(value)
    return {whose: statistics.median(values) for whose, values in seen.items()}


def service_of(process):
    """`order-svc-2` is one of `order-svc`."""
    name, _, number = process.rpartition("-")
    return name if number.isdigit() else process


def lives(samples, what):
    """`{(process, pid): [(at, figure)]}`: one process from its start to its end."""
    found = {}
    for line in samples:
        for name, value in line["figures"].items():
            if name.startswith(f"{what}/"):
                process = name.partition("/")[2]
                pid = line["figures"].get(f"pid/{process}")
                if pid is not None:
                    found.setdefault((process, pid), []).append((line["at"], value))
    return found


class NoSteadyGrowth(Check):
    """What has run for long takes up as much as it did before: a leak is seen in whoever lives through it."""

    name = "no_steady_growth"
    promises = ("I6", "bus-16")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        limits = {
            "rss_bytes": lambda base: base * GROWTH_MAX + GROWTH_SLACK_BYTES,
            "descriptors": lambda base: base + evidence.settings.descriptors_slack,
            "threads": lambda base: base + evidence.settings.threads_slack,
        }
        grown = []
        for what, limit in limits.items():
            for (process, pid), seen in lives(samples_of(evidence.history), what).items():
                # Redis holds what is waiting, and is looked at by itself.
                if service_of(process) in SIMULATORS | {"redis"} or seen[-1][0] - seen[0][0] < OLD_SECONDS:
                    continue
                before, after = _quarter(seen, 1), _quarter(seen, 3)
                if before is not None and after is not None and after > limit(before):
                    grown.append(
                        f"{process} ({pid}) had {_show(what, before)} {what} in its second quarter, "
                        f"{_show(what, after)} in its last one")
        return findings("bus-16", "other", "a process that grows", grown)


def _quarter(seen, number):
    """The median in this quarter (0 … 3) of a life; None: nothing was seen then."""
    begins, length = seen[0][0], (seen[-1][0] - seen[0][0]) / 4
    values = [value for at, value in seen if number * length <= at - begins <= (number + 1) * length]
    return statistics.median(values) if values else None


class BackToBase(Check):
    """After the storm memory, descriptors and threads are near what they were in the calm."""

    name = "back_to_base"
    promises = ("I6", "bus-16")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        before, after = calm_samples(evidence.history), samples_of(evidence.history)[-REST_SAMPLES:]
        if not before or not after:
            return findings("bus-16", "other", "no samples", ["the calm or the rest was not looked at"])
        settings = evidence.settings
        limits = {
            "rss_bytes": lambda base: max(base * settings.memory_factor_max, base + settings.memory_slack_bytes),
            "descriptors": lambda base: base + settings.descriptors_slack,
            "threads": lambda base: base + settings.threads_slack,
        }
        found = []
        for what, limit in limits.items():
            base, rest = level(before, what), level(after, what)
            found += [f"{whose} has no {what} any more: it is not seen" for whose in sorted(base.keys() - rest.keys())]
            found += [
                f"{whose} has {_show(what, rest[whose])} {what}, {_show(what, base[whose])} in the calm"
                for whose in sorted((base.keys() & rest.keys()) - SIMULATORS) if rest[whose] > limit(base[whose])]
        return findings("bus-16", "other", "not back to base", found)


def _show(what, value):
    return f"{value / MEGABYTE:.0f} M" if what == "rss_bytes" else f"{value:.0f}"


class StreamsBounded(Check):
    """Redis holds work, not history: at rest the streams are all but empty, and it has its memory back."""

    name = "streams_bounded"
    promises = ("I6", "bus-16")

    def run(self, evidence):
        after = samples_of(evidence.history)[-1:]
        before = calm_samples(evidence.history)
        if not evidence.is_calm or not after or not before:
            return []
        settings, figures = evidence.settings, after[0]["figures"]
        found = [
            f"{name.partition('/')[2]} holds {value} entries" for name, value in figures.items()
            if name.startswith("stream_length/") and value > settings.stream_length_at_rest_max]
        base = statistics.median(line["figures"].get("redis_memory_bytes", 0) for line in before)
        used = figures.get("redis_memory_bytes", 0)
        if used > base + settings.redis_memory_slack_bytes:
            found.append(f"Redis uses {used / MEGABYTE:.0f} M, {base / MEGABYTE:.0f} M in the calm")
        return findings("bus-16", "other", "Redis is not back to base", found)
