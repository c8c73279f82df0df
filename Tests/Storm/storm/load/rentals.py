"""Orders that customers of this process have just had: for those who spend the energy, and for those who pry."""

import collections
import dataclasses

#: More is not remembered.
RENTALS_MAX = 2_000


@dataclasses.dataclass(frozen=True)
class Rental:
    order: str
    customer: str
    receiver: str
    energy: int
    #: Seconds since the epoch.
    ends_at: float


class Rentals:
    def __init__(self, _side=None):
        self.latest = collections.deque(maxlen=RENTALS_MAX)

    def add(self, rental):
        self.latest.append(rental)

    def draw(self, random, at=None):
        """Any of the latest; with a time, one that still runs then. None when there is none."""
        if not self.latest:
            return None
        for _ in range(10):
            rental = random.choice(self.latest)
            if at is None or rental.ends_at > at:
                return rental
        return None
