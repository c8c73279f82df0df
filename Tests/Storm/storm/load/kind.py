"""What a kind of traffic is. A new capability of the product adds its own: one file in kinds/, one line in its list."""

import abc
import asyncio
import dataclasses
import random

from storm.history import History
from storm.load.world import World
from storm.settings import Settings


@dataclasses.dataclass
class CustomerSide:
    """What one arrival of traffic has to work with. Only `random`, `due` and `number` are its own."""

    settings: Settings
    world: World
    history: History
    #: Becomes set when no new traffic starts: what has been begun is finished, nothing new is tried.
    settling: asyncio.Event
    #: All choices of this arrival come from it.
    random: random.Random
    #: When the open loop wanted this arrival, in seconds since the epoch.
    due: float
    #: Counts all arrivals of this run, from 1.
    number: int
    #: Things that all arrivals share, by their class.
    parts: dict
    #: Counted names, for the figures: `side.count("accepted")`.
    counts: dict

    def part(self, type):
        """The one thing of this class in the load process, such as `RestClient`. The first who asks makes it, from this
        side; `async close()` of it, if it has one, is called at the end."""
        if type not in self.parts:
            self.parts[type] = type(self)
        return self.parts[type]

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by


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
