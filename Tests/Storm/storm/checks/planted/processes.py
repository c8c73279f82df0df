"""Mistakes planted for the checks of processes, logs and secrets."""

import json
import time
import types

from ..planting import one_of, pick, plant_log, planted
from ..processes import OLD_SECONDS, REST_SAMPLES, SIMULATORS, samples_of, service_of
from ..topics import SCHEMAS


def died_by_itself(evidence, random):
    name = f"{random.choice(list(SCHEMAS))}-1"
    evidence.deaths.append(types.SimpleNamespace(
        at=time.time(), name=name, pid=1, exit_code=-4, cause="", seconds=10.0, trouble="", asked=False))
    return f"{name} was trapped"


def _grown(evidence, random, what, by):
    """The last samples, with more of `what` for one process."""
    last = samples_of(evidence.history)[-REST_SAMPLES:]
    names = sorted(
        name for name in (last[-1]["figures"] if last else {})
        if name.startswith(f"{what}/") and service_of(name.partition("/")[2]) not in SIMULATORS)
    name = one_of(random, names)
    for line in last:
        figures = {**line["figures"], name: line["figures"].get(name, 0) + by}
        evidence.history.append({**line, "at": time.time(), "figures": figures})
    return f"{name} is {by} more"


def descriptors_leaked(evidence, random):
    return _grown(evidence, random, "descriptors", 1000)


def memory_leaked(evidence, random):
    return _grown(evidence, random, "rss_bytes", 4 << 30)


def never_given_back(evidence, random):
    """A process that lives long enough, by samples of its own."""
    name = f"{random.choice(list(SCHEMAS))}-1"
    begins = time.time() - OLD_SECONDS
    for step in range(41):
        evidence.history.append({
            "at": begins + step * OLD_SECONDS / 40, "kind": "storm", "what": "sample", "figures": {
                f"pid/{name}": 1, f"rss_bytes/{name}": (100 + 5 * step) << 20}})
    return f"{name} takes five megabytes more every {OLD_SECONDS / 40:.0f} s"


def not_seen_any_more(evidence, random):
    last = samples_of(evidence.history)[-REST_SAMPLES:]
    name = one_of(random, sorted(name for name in (last[-1]["figures"] if last else {}) if name.startswith("threads/")))
    service = service_of(name.partition("/")[2])
    for line in last:
        figures = {
            figure: value for figure, value in line["figures"].items()
            if service_of(figure.partition("/")[2]) != service}
        evidence.history.append({**line, "at": time.time(), "figures": figures})
    return f"nobody has seen {service} at rest"


def stream_grown(evidence, random):
    return _grown(evidence, random, "stream_length", 1_000_000)


def crashed(evidence, random):
    plant_log(evidence, "TxSvc/Planted.swift:1: Fatal error: Unexpectedly found nil\n")
    return "a log ends with a fatal error"


def critical_line(evidence, random):
    plant_log(evidence, json.dumps(
        {"level": "critical", "message": "planted", "service": "tx-svc"}, separators=(",", ":")) + "\n")
    return "a log has a critical line"


def secret_in_log(evidence, random):
    secret = _secret(evidence, random)
    plant_log(evidence, json.dumps({"level": "info", "message": f"GET /bot{secret}/getMe"}) + "\n")
    return "a log has a secret in a URL"


def secret_in_table(evidence, random):
    secret = _secret(evidence, random)
    row = pick(evidence, random, "select id from gateway.audit_log order by id limit 100")
    evidence.execute("update gateway.audit_log set reason = %s where id = %s", (secret.encode().hex(), row["id"]))
    return "a table has a secret in hexadecimal digits"


def _secret(evidence, random):
    return random.choice([secret for secret in evidence.secrets if len(secret) >= 32])


PLANTED = [
    planted("died_by_itself", "deaths_asked_for", died_by_itself),
    planted("descriptors_leaked", "back_to_base", descriptors_leaked),
    planted("memory_leaked", "back_to_base", memory_leaked),
    planted("never_given_back", "no_steady_growth", never_given_back),
    planted("not_seen_any_more", "back_to_base", not_seen_any_more),
    planted("stream_grown", "streams_bounded", stream_grown),
    planted("crashed", "no_crash_in_logs", crashed),
    planted("critical_line", "nothing_critical", critical_line),
    planted("secret_in_log", "no_secret_seen", secret_in_log),
    planted("secret_in_table", "no_secret_seen", secret_in_table),
]
