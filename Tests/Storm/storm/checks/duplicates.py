"""How many deliveries were repetitions that the inbox absorbed: a storm without any has tested nothing.

The services count them, but a count dies with its process, so they are read every few seconds and added up over all
lives of a process. What a process absorbed in its last moments is missing: the number is a lower bound.
"""

COUNTER = "energy_bus_duplicates_total"


def absorbed(lines):
    """`lines`: the history of the run."""
    return int(sum(by_topic(lines).values()))


def by_topic(lines):
    """`{"topic group": deliveries absorbed}`: the last sample has the totals."""
    prefix = f"counter/{COUNTER}/"
    for line in reversed(lines):
        if line["what"] == "sample":
            return {
                name.removeprefix(prefix): value for name, value in line["figures"].items() if name.startswith(prefix)}
    return {}
