"""What a run says of itself: one dictionary, as text for people and as one line for machines."""

import collections
import os
import statistics
import time

from storm import goals
from storm.checks.duplicates import absorbed
from storm.history import read
from storm.percentile import percentile
from storm.recovery import OURS, Attempt, Observations, Passage, judge_all

#: Answers that settle an attempt: the order is recorded, or the business refused it for a reason that is not OURS.
SERVED = {200, 201, 202, 402, 409, 422}
#: Nothing was done; later, says Retry-After.
NOT_NOW = {429, 503}

#: So many planted mistakes must have been named, or the checks have not shown what they can see.
PLANTED_MIN = 10


def build(runner, verdict):
    """The report of a run that has ended, however far it came."""
    load = runner.storm.load
    lines = read(runner.history.path, *([load.history_path] if load else []))
    course = course_of(runner, lines, verdict.timeline)
    attempts, passages, begins, ends = course.attempts, course.passages, course.storm, course.ends
    recoveries = judge_all(runner.firings, Observations(attempts, passages, runner.settings), begins, ends)
    fired = {fault.name: 0 for fault in runner.chosen_faults()}
    for firing in runner.firings:
        fired[firing.name] += 1 if firing.hits else 0
    # A run that did not come to its end says so: what it did not reach says nothing.
    reached = goals.judge(course) if "storm ends" in runner.moments else []
    findings = runner.findings + of_looks(runner.seen, verdict.found) + verdict.findings + reached
    duplicates = absorbed(lines)
    seconds = ends - course.calm
    orders = course.made(course.calm, ends)
    result = {
        "seed": runner.settings.seed, "minutes": runner.settings.minutes, "replicas": runner.settings.replicas,
        "rate": runner.settings.rate, "orders": len(orders),
        "delivered": sum(order.was_delivered for order in orders),
        "failures": dict(collections.Counter(order.failure for order in orders if order.is_ours).most_common()),
        "orders_per_second": round(len(orders) / seconds, 1) if seconds else 0.0,
        "faults": fired, "never_fired": sorted(name for name, count in fired.items() if not count),
        "duplicates_absorbed": duplicates, "planted": verdict.planted, "findings": findings,
        "lost": sum(finding.count for finding in findings if finding.damage == "lost"),
        "twice": sum(finding.count for finding in findings if finding.damage == "twice"),
        "unknown": count_unknown(lines), "answers": counts_of_answers(lines), "log": verdict.log_table,
        "recoveries": recoveries, "slow": [r for r in recoveries if r.firing.goal and r.seconds > r.firing.goal],
        "calm": percentiles(course, course.calm, begins), "whole": percentiles(course, begins, ends),
        "settings": runner.settings, "load": dict(load.figures) if load else {},
        "looks": (course.looks_taken, course.looks_missed), "bus": course.counters,
    }
    result["proves_nothing"] = not duplicates and any(fault.repeats for fault in runner.chosen_faults())
    result["ok"] = is_ok(result)
    return result


def is_ok(result):
    """A storm that hit nothing proves nothing."""
    caught = list(result["planted"].values())
    if result["findings"] or result["slow"] or result["never_fired"]:
        return False
    if False in caught or caught.count(True) < PLANTED_MIN:
        return False
    return bool(result["orders"]) and not result["proves_nothing"]


def course_of(runner, lines, timeline):
    moments, now = runner.moments, time.time()
    ends = moments.get("storm ends", now)
    storm = moments.get("storm", ends)
    return goals.Course(
        runner.settings, attempts_of(lines), passages_of(timeline), list(runner.firings), moments.get("calm", storm),
        storm, ends, runner.storm.looks_taken, len(runner.storm.looks_missed), counters_of(lines), dialogs_of(lines))


def dialogs_of(lines):
    """For the course."""
    return [
        (line["at"], line["what"] == "dialog_left") for line in lines if line["what"] in ("dialog_left", "offer_left")
        or line["what"] == "order_sent" and line["channel"] == "telegram" and line["attempt"] == 1]


def counters_of(lines):
    """The bus' counters as they were read last, each over all topics and groups."""
    counters = collections.Counter()
    last = next((line["figures"] for line in reversed(lines) if line["what"] == "sample"), {})
    for name, value in last.items():
        what, _, whose = name.partition("/")
        if what == "counter":
            counters[whose.partition("/")[0].removeprefix("energy_bus_").removesuffix("_total")] += int(value)
    return dict(counters)


def of_looks(seen, found):
    """What the looks have found, but for what the same check finds at the end: that is the same trouble once more."""
    return [finding for name, findings in seen.items() if not found.get(name) for finding in findings]


def attempts_of(lines):
    """Each sending of an order over REST and each press of Confirm in Telegram, with what came of it."""
    attempts = []
    for line in lines:
        if line["what"] == "order_answered":
            attempts.append(Attempt(
                line["at"] - line["seconds"], line["seconds"],
                line["status"] in SERVED and line.get("code") not in OURS, put_off=line["status"] in NOT_NOW,
                key=line["key"]))
        elif line["what"] == "order_unknown":
            seconds = line.get("seconds", 0.0)
            attempts.append(Attempt(line["at"] - seconds, seconds, False, answered=line.get("code") is not None))
    return attempts


def passages_of(timeline):
    """`timeline`: that of the verdict."""
    return [Passage(created, ended, failure) for _, created, ended, failure in timeline]


def count_unknown(lines):
    answered = {line["key"] for line in lines if line["what"] == "order_answered"}
    return len({line["key"] for line in lines if line["what"] == "order_given_up"} - answered)


def counts_of_answers(lines):
    counts = collections.Counter()
    for line in lines:
        if line["what"] == "order_answered":
            code = line.get("code")
            counts[f"{line['status']} {code}" if code else str(line["status"])] += 1
        elif line["what"] == "order_unknown":
            counts[f"503 {line['code']}" if line.get("code") else "no answer"] += 1
    return dict(counts.most_common())


def percentiles(course, begins, ends):
    """Of what came in this time, by name."""
    kinds = zip(("answer", "delivery"), goals.durations(course, begins, ends))
    return {f"{kind}_p{percent}": percentile(times, percent) for kind, times in kinds for percent in (50, 99)}


def summary(result):
    """What `--json` ends with."""
    worst = {}
    for recovery in result["recoveries"]:
        worst[recovery.firing.name] = max(worst.get(recovery.firing.name, 0.0), recovery.seconds)
    names = ("ok", "seed", "orders", "orders_per_second", "faults", "duplicates_absorbed", "lost", "twice")
    return {name: result[name] for name in names} | {"recovery_seconds": worst}


# ---------------------------------------------------------------- for people


def text(result):
    parts = [heading(result), latency_table(result), fault_table(result), planted_text(result), answers_text(result)]
    parts += [bus_text(result), harness_text(result)]
    if result["log"]:
        parts.append(log_text(result))
    parts.append(findings_text(result))
    return "\n\n".join(part for part in parts if part)


def heading(result):
    """Orders that were neither delivered nor failed were cancelled, or refused for a reason of business."""
    settings = result["settings"]
    counts = ", ".join(f"{count} {reason}" for reason, count in result["failures"].items())
    failures = f" ({counts})" if counts else ""
    only = f" --only {','.join(sorted(settings.only))}" if settings.only else ""
    return "\n".join([
        f"The storm {'was weathered' if result['ok'] else 'FAILED'}: seed {result['seed']}, "
        f"{result['minutes']:g} minutes, {result['replicas']} processes of each service.",
        f"{result['orders']} orders, {result['orders_per_second']} a second (asked for: {settings.rate:g}), "
        f"{result['delivered']} delivered, {sum(result['failures'].values())} failed{failures}; "
        f"lost {result['lost']}, twice {result['twice']}, outcome unknown to the customer {result['unknown']}; "
        f"{result['duplicates_absorbed']} duplicates absorbed.",
        f"Again: ./energy storm --minutes {result['minutes']:g} --seed {result['seed']} "
        f"--replicas {result['replicas']} --rate {settings.rate:g}{only}"])


def latency_table(result):
    rows = [["seconds", "answer p50", "answer p99", "delivery p50", "delivery p99"]]
    for name, title in (("calm", "in the calm"), ("whole", "in the storm")):
        rows.append([title, *(show(value) for value in result[name].values())])
    return table(rows)


def fault_table(result):
    if not result["faults"]:
        return ""
    rows = [[
        "fault", "fired", "hits", "answer p99 before / during / after", "delivery p99", "last refusal",
        "recovery: median, worst"]]
    by_name = collections.defaultdict(list)
    for recovery in result["recoveries"]:
        by_name[recovery.firing.name].append(recovery)
    for name in sorted(result["faults"]):
        seen = by_name[name]
        hits = sum(hit[1] for recovery in seen for hit in recovery.firing.hits)
        seconds = [recovery.seconds for recovery in seen]
        goal = next((recovery.firing.goal for recovery in seen), None)
        late = f" (goal {goal:g})" if goal else ""
        rows.append([
            name, str(result["faults"][name]), str(hits), spans([r.answers for r in seen]),
            spans([r.deliveries for r in seen]), show(max((r.refused_seconds for r in seen), default=None)),
            f"{show(statistics.median(seconds))}, {show(max(seconds))}{late}{unwell(seen)}" if seconds else "–"])
    return table(rows)


def unwell(recoveries):
    """Of those after which the next faults did not wait any longer."""
    seconds = [r.firing.unwell_seconds for r in recoveries if r.firing.unwell_seconds is not None]
    return "".join(f"; not well {passed:.0f} s after" for passed in seconds)


def spans(triples):
    """The medians of 99th percentiles: before, during, after."""
    shown = []
    for position in range(3):
        values = [triple[position] for triple in triples if triple[position] is not None]
        shown.append(show(statistics.median(values)) if values else "–")
    return " / ".join(shown)


def planted_text(result):
    names = {state: sorted(name for name, caught in result["planted"].items() if caught is state)
             for state in (True, False, None)}
    text = f"Planted mistakes named by the checks: {len(names[True])} of {len(result['planted'])}"
    if names[None]:
        text += f"; there was nothing to spoil for {', '.join(names[None])}"
    return text + "".join(f"\n  MISSED {name}" for name in names[False])


def answers_text(result):
    return "Answers to orders: " + ", ".join(f"{name}: {count}" for name, count in result["answers"].items())


def bus_text(result):
    """Of the counters only those that tell whether the bus was tried."""
    names = {
        "taken_over": "messages taken over from others", "groups_recreated": "groups made anew",
        "leases_lost": "leases of messages lost", "effects_lease_lost": "leases of effects lost"}
    return "The bus: " + ", ".join(f"{result['bus'].get(name, 0)} {words}" for name, words in names.items()) + "."


def harness_text(result):
    taken, missed = result["looks"]
    load = result["load"]
    return (
        f"Looks at what holds at every instant: {taken} taken, {missed} missed. The load: {load.get('arrivals', 0)} "
        f"arrivals, {load.get('late', 0)} of them late, {load.get('cpu_seconds', 0):.0f} s of a processor.")


def log_text(result):
    rows = [["times", "level", "service", "message"]]
    rows += [[str(count), level, service, message[:90]] for count, level, service, message in result["log"][:30]]
    return "Errors in the services' logs\n" + table(rows)


def findings_text(result):
    lines = [f"  NEVER FIRED {name}" for name in result["never_fired"]]
    for recovery in result["slow"]:
        lines.append(
            f"  SLOW {recovery.firing.name}: recovered after {recovery.seconds} s, goal {recovery.firing.goal:g} s "
            f"({', '.join(f'{hit[0]} {hit[2]}'.strip() for hit in recovery.firing.hits)})")
    for finding in result["findings"]:
        lines.append(f"  {finding.promise} ({finding.damage}): {finding.text}")
    if result["proves_nothing"]:
        lines.append("  NO DUPLICATE was absorbed: nothing was proved")
    return "Findings:" + ("\n" + "\n".join(lines) if lines else " none")


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return os.linesep.join(lines)


def show(value):
    return "–" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"
