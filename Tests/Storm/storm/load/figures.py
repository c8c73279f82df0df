"""The figures of the load, as they go: what is counted, how long answers take, and who waits."""

import collections
import time

from storm.percentile import percentile

#: Percentiles are those of the last so many seconds.
WINDOW_SECONDS = 10.0


class Figures:
    def __init__(self, clock=time.time):
        self.clock = clock
        self.counts = collections.Counter()
        #: (when, seconds) of the latest answers, measured from when the open loop wanted the order.
        self.answers = collections.deque()
        #: When each order was wanted that is neither delivered nor refused nor ended, by key.
        self.waiting = {}

    def count(self, name, by=1):
        self.counts[name] += by

    def most(self, name, value):
        """Keeps the greatest of these values."""
        self.counts[name] = max(self.counts[name], value)

    def answered(self, due):
        now = self.clock()
        self.answers.append((now, now - due))

    def begin_wait(self, key, due):
        self.waiting[key] = due

    def end_wait(self, key):
        self.waiting.pop(key, None)

    def values(self):
        """All of them, by name; times in seconds."""
        now = self.clock()
        while self.answers and self.answers[0][0] < now - WINDOW_SECONDS:
            self.answers.popleft()
        ordered = sorted(seconds for _, seconds in self.answers)
        return {
            **self.counts, "waiting": len(self.waiting),
            "oldest_waiting_seconds": round(now - min(self.waiting.values()), 3) if self.waiting else 0.0,
            "answers_in_window": len(ordered), "answer_p50": percentile(ordered, 50),
            "answer_p99": percentile(ordered, 99)}
