"""What a kind of traffic is. A new capability of the product adds its own: one file in kinds/, one line in its list."""

import abc
import asyncio
import dataclasses
import math
import random
import time

from storm.history import History
from storm.load.figures import Figures
from storm.load.world import World
from storm.settings import Settings


class Settling(asyncio.Event):
    """Set when no new traffic starts: what has been begun is finished, nothing new is tried."""

    def __init__(self):
        super().__init__()
        #: Until when, by time.monotonic().
        self.deadline = math.inf

    def begin(self, seconds):
        self.deadline = time.monotonic() + seconds
        self.set()

    @property
    def is_over(self):
        return time.monotonic() >= self.deadline


@dataclasses.dataclass
class CustomerSide:
    """What one arrival of traffic has to work with. Only `random`, `due`, `number` and `keys` are its own."""

    settings: Settings
    world: World
    history: History
    figures: Figures
    settling: Settling
    #: Things that all arrivals share, by their class: ask `part`.
    parts: dict
    #: All choices of this arrival come from it.
    random: random.Random
    #: When the open loop wanted this arrival, in seconds since the epoch.
    due: float = 0.0
    #: Counts all arrivals of this run, from 1.
    number: int = 0
    #: The keys under which this arrival waits.
    keys: set = dataclasses.field(default_factory=set)

    def part(self, type):
        """The one thing of this class in the load process, such as `RestClient`.

        The first who asks makes it, from this side; `async close()` of it, if it has one, is called at the end.
        """
        if type not in self.parts:
            self.parts[type] = type(self)
        return self.parts[type]

    def count(self, name, by=1):
        """For the figures.

        Orders of every channel count "orders_sent" (once for each order, not for each attempt), "orders_accepted",
        "orders_declined" (for a reason of business), "orders_refused" (not now, nothing was recorded) and
        "orders_given_up" (never answered).
        """
        self.figures.count(name, by)

    def begin_wait(self, key, due=None):
        """A customer waits from `due` on (None: since this arrival's) until `end_wait`: for the answer, then for the
        energy or the order's end."""
        self.keys.add(key)
        self.figures.begin_wait(key, self.due if due is None else due)

    def end_wait(self, key):
        self.keys.discard(key)
        self.figures.end_wait(key)

    def end_waits(self):
        """Nobody waits any more: this arrival has broken down."""
        for key in list(self.keys):
            self.end_wait(key)


class Kind(abc.ABC):
    """One kind of traffic. One object of it serves all its arrivals, so it keeps nothing of a single one."""

    #: As in the history's `kind` and in the figures: lower case, words joined by "_".
    name: str
    #: How many arrivals of this kind come with 100 orders. Those of the kinds that are orders are shares of all orders.
    weight: float
    #: Whether an arrival is one order, which counts for the target rate.
    is_order: bool = False

    @abc.abstractmethod
    async def run(self, customer_side):
        """Does the whole of one arrival: for an order, until its end has been told.

        Runs beside thousands of others and must not block. Faults of the network and refusals are part of the traffic:
        what they mean is written to the history. Whatever is raised is a defect of the harness, and fails the run.
        """
