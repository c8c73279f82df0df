"""Counters of the services' `/metrics`, added up over all lives of all processes."""

import re

_SERIES = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def series(text, names):
    """`(name, labels, value)` for each line whose name is one of `names`, a tuple."""
    for line in text.splitlines():
        if line.startswith(names) and (match := _SERIES.match(line)) and match[1] in names:
            yield match[1], dict(_LABEL.findall(match[2] or "")), float(match[3])


class Totals:
    """A counter begins at 0 with each process. What a process had counted when it was last read, it keeps after its
    death."""

    def __init__(self, names):
        self.names = tuple(names)
        #: (process, pid): {key: value}.
        self.lives = {}

    def note(self, process, pid, text):
        """`text` is what this life of the process has just answered."""
        life = self.lives.setdefault((process, pid), {})
        for name, labels, value in series(text, self.names):
            whose = " ".join(labels[label] for label in ("topic", "group") if label in labels)
            key = f"{name}/{whose}" if whose else name
            life[key] = max(life.get(key, 0.0), value)

    def sums(self):
        """`{"name" or "name/topic group": over all lives}`"""
        sums = {}
        for life in self.lives.values():
            for key, value in life.items():
                sums[key] = sums.get(key, 0.0) + value
        return sums
