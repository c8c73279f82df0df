"""Which faults come in which order and how long each lasts: drawn from the seed, and from nothing else.

When the next ones begin is not drawn: it waits for the system to have recovered, so that each recovery can be measured.
"""

import collections
import dataclasses
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
    """Faults that begin at the same moment; no two of one group."""

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
        chosen, groups = [], set()
        for _ in range(2):
            chosen += self._take(wanted - len(chosen), groups)
            if len(chosen) == wanted or (chosen and (self.waiting or self.classes[chosen[-1]].alone)):
                break
            self._shuffle()
        if not chosen:
            return None
        self.number += 1
        return Slot(self.number, tuple(self._planned(name) for name in chosen))

    def _size(self):
        if self.settings.is_short:
            return self.settings.faults_at_once_short
        return 2 if self.random.random() < self.settings.pair_share else 1

    def _take(self, wanted, groups):
        taken = []
        for name in self._in_turn():
            if len(taken) == wanted or (groups and self.classes[name].alone):
                continue
            group = self.classes[name].group
            if group not in groups:
                groups.add(group)
                self.waiting.remove(name)
                taken.append(name)
                if self.classes[name].alone:
                    return taken
        return taken

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
