"""The figures of the load, as they go: what is counted, and who waits."""

import collections
import math
import time


class Figures:
    """Whoever waits for longer than `overdue_seconds` is overdue."""

    def __init__(self, clock=time.time, overdue_seconds=math.inf):
        self.clock = clock
        self.overdue_seconds = overdue_seconds
        self.counts = collections.Counter()
        #: When each order was wanted that is neither delivered nor refused nor ended, by key.
        self.waiting = {}
        self.mark = 0.0

    def count(self, name, by=1):
        self.counts[name] += by

    def most(self, name, value):
        """Keeps the greatest of these values."""
        self.counts[name] = max(self.counts[name], value)

    def begin_wait(self, key, due):
        self.waiting[key] = due

    def end_wait(self, key):
        self.waiting.pop(key, None)

    def set_mark(self, at):
        """Those who came before this moment may still wait for what a fault has cost them: that says nothing of how
        those are served who came after it."""
        self.mark = at

    def values(self):
        """All of them, by name."""
        latest = self.clock() - self.overdue_seconds
        overdue = sum(self.mark <= due < latest for due in self.waiting.values())
        return {**self.counts, "waiting": len(self.waiting), "overdue_since_mark": overdue}
