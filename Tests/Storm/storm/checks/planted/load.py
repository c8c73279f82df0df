"""Mistakes of the load itself."""

from ..planting import planted, replace_line


def plant_broken(evidence, random):
    evidence.history.append({
        "at": 0.0, "kind": "storm", "what": "broken", "traffic": "rest_order", "error": "Traceback …\nKeyError: 'id'"})
    return "a kind of traffic broke down"


def plant_not_started(evidence, random):
    evidence.history.append({"at": 0.0, "kind": "storm", "what": "not_started", "traffic": "deposit", "due": 0.0})
    return "an arrival was not taken on"


def plant_unfinished(evidence, random):
    replace_line(evidence, random, "load", lambda line: {"unfinished": line["unfinished"] + 1})
    return "a customer never came to an end"


def plant_late(evidence, random):
    def late(line):
        figures = line["figures"]
        return {"figures": {**figures, "late": figures.get("late", 0) + figures["arrivals"], "late_seconds_max": 1.0}}

    replace_line(evidence, random, "load", late)
    return "everybody came late"


PLANTED = [
    planted("traffic_broken", "load_is_whole", plant_broken),
    planted("arrival_left_out", "load_is_whole", plant_not_started),
    planted("customer_unfinished", "load_is_whole", plant_unfinished),
    planted("arrivals_late", "load_is_whole", plant_late),
]
