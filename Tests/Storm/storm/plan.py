"""Which faults come in which order and how long each lasts: drawn from the seed, and from nothing else.

When the next ones begin is not drawn: it waits for the system to have recovered, so that each recovery can be measured.
"""

import collections
import dataclasses
import math
import random


@dataclasses.dataclass(frozen=True)
class Planned:
    """One fault to come."""

    name: str
    seconds: float
    #: Of the choices that it makes: what it hits, and how.
    seed: int


@dataclasses.dataclass(frozen=True)
class Slot:
    """Faults that begin at the same moment; no two of one group, and all of them with a goal for the recovery or none:
    what the network or the chain still costs would be taken for a service that does not come back."""

    number: int
    faults: tuple


class Plan:
    """An endless sequence of slots in which every class of faults comes up equally often.

    The classes are dealt like cards: all of them in a random order, and then anew. A class that may come only so often
    leaves the cards after that.
    """

    def __init__(self, settings, classes):
        self.settings = settings
        self.classes = {fault.name: fault for fault in classes}
        self.random = random.Random(f"{settings.seed}/plan")
        self.waiting = []
        self.dealt = {name: 0 for name in self.classes}
        self.number = 0

    @property
    def has_dealt_all(self):
        """Whether each class has come up at least once."""
        return all(self.dealt.values())

    def next_slot(self):
        """The faults of the next slot; None when no class may come any more."""
        wanted = self._size()
        chosen = []
        for _ in range(2):
            self._take(wanted, chosen)
            if len(chosen) == wanted or (chosen and (self.waiting or self.classes[chosen[-1]].alone)):
                break
            self._shuffle()
        if not chosen:
            return None
        self.number += 1
        return Slot(self.number, self._not_too_long([self._planned(name) for name in chosen]))

    def _not_too_long(self, planned):
        """A slot is judged from its last end. So no fault goes on for longer after the end of another one than that one
        may be felt: otherwise a service that does not come back would have all that time."""
        goals = [(one.seconds, self._goal(one.name)) for one in planned if self._goal(one.name) is not None]
        longest = min((seconds + goal for seconds, goal in goals), default=math.inf)
        return tuple(dataclasses.replace(one, seconds=min(one.seconds, longest)) for one in planned)

    def _goal(self, name):
        return self.settings.recovery_goal(self.classes[name].recovery)

    def _size(self):
        if self.settings.is_short:
            return self.settings.faults_at_once_short
        return 2 if self.random.random() < self.settings.pair_share else 1

    def _take(self, wanted, chosen):
        """Adds to those that are chosen already, up to so many."""
        for name in self._in_turn():
            if len(chosen) < wanted and all(self._go_together(name, other) for other in chosen):
                self.waiting.remove(name)
                chosen.append(name)

    def _go_together(self, name, other):
        one, another = self.classes[name], self.classes[other]
        if one.alone or another.alone or one.group == another.group:
            return False
        return (self._goal(name) is None) == (self._goal(other) is None)

    def _in_turn(self):
        """A short storm takes from the groups that have the most left, so that they are through at the same time."""
        if not self.settings.is_short:
            return list(self.waiting)
        left = collections.Counter(self.classes[name].group for name in self.waiting)
        return sorted(self.waiting, key=lambda name: -left[self.classes[name].group])

    def _shuffle(self):
        left = [
            name for name, fault in sorted(self.classes.items())
            if name not in self.waiting and (fault.times_max is None or self.dealt[name] < fault.times_max)]
        self.random.shuffle(left)
        self.waiting += left

    def _planned(self, name):
        fault = self.classes[name]
        self.dealt[name] += 1
        lowest, highest = (self.settings.is_short and fault.seconds_short) or fault.seconds
        return Planned(name, round(self.random.uniform(lowest, highest), 2), self.random.randrange(2**32))
