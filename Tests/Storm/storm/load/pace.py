"""When customers come: a Poisson process, which is what many customers who know nothing of each other make."""

import itertools
import math


class Arrivals:
    """Draws arrivals from a seed: the same seed gives the same gaps and kinds, however late they are taken."""

    def __init__(self, kinds, random):
        self.random = random
        self.kinds = tuple(kinds)
        self.shares = [share_of(kind, self.kinds) for kind in self.kinds]
        self.cumulative = list(itertools.accumulate(self.shares))
        self.per_second = 0.0
        #: When the next one is due; infinity: none comes.
        self.next_due = math.inf

    def set_rate(self, orders_per_second, now):
        """From `now` on. The process has no memory, so what was drawn before is simply drawn again."""
        self.per_second = orders_per_second * self.cumulative[-1] if self.cumulative else 0.0
        self.next_due = math.inf
        if self.per_second > 0:
            self.next_due = now + self.random.expovariate(self.per_second)

    def take(self, now):
        """All that are due by now, as (due, kind): each keeps its own time, however late it is taken."""
        taken = []
        while self.next_due <= now:
            kind = self.random.choices(self.kinds, cum_weights=self.cumulative)[0]
            taken.append((self.next_due, kind))
            self.next_due += self.random.expovariate(self.per_second)
        return taken


def share_of(kind, kinds):
    """Arrivals of this kind for each order that is wanted. The kinds that are orders share one order among them."""
    if not kind.is_order:
        return kind.weight / 100
    return kind.weight / sum(other.weight for other in kinds if other.is_order)
