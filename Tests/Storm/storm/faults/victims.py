"""Who is hit: every service in its turn, and nobody by two faults at once."""

import contextlib
import weakref

from storm.stack.links import SERVICES


class Turns:
    """Deals services like cards: each comes once, in a random order, before any comes again."""

    def __init__(self):
        self.waiting = []

    def take(self, random, is_possible=lambda service: True):
        """The next service that is possible; None when none is. One that is passed over keeps its turn."""
        for _ in range(2):
            for service in self.waiting:
                if is_possible(service):
                    self.waiting.remove(service)
                    return service
            fresh = [service for service in SERVICES if service not in self.waiting]
            random.shuffle(fresh)
            self.waiting += fresh
        return None


class Claims:
    """Services that a fault has for itself: faults of other groups, which may happen beside it, leave them alone."""

    _by_stack = weakref.WeakKeyDictionary()

    def __init__(self):
        self.services = set()

    @classmethod
    def of(cls, stack):
        """The claims that all faults on this stack share."""
        return cls._by_stack.setdefault(stack, cls())

    @contextlib.contextmanager
    def on(self, service):
        if service in self.services:
            raise RuntimeError(f"{service} is hit by another fault")
        self.services.add(service)
        try:
            yield
        finally:
            self.services.remove(service)


def is_whole(stack, service):
    """Whether all its replicas run and no other fault has it."""
    replicas = stack.replicas(service)
    return bool(replicas) and len(targets(stack, service)) == len(replicas)


def targets(stack, service):
    """The replicas of a service that run, are awake, and belong to no other fault."""
    if service in Claims.of(stack).services:
        return []
    return [replica for replica in stack.replicas(service) if replica.pid is not None and not replica.is_frozen]


def draw(stack, turns, random, count):
    """Up to `count` replicas of as many services, whose turns are used up by it."""
    drawn = []
    for _ in range(count):
        chosen = {replica.service for replica in drawn}
        service = turns.take(random, lambda name: name not in chosen and bool(targets(stack, name)))
        if service is not None:
            drawn.append(random.choice(targets(stack, service)))
    return drawn


async def tell_load(storm, service):
    """Customers learn which gateways there are."""
    if service == "gateway":
        await storm.load.set_gateways(storm.stack.gateways())
