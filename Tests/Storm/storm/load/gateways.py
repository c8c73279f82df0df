"""Which gateway a client asks: load is balanced on the clients' side, as there is nothing in front of the gateways."""

import time

#: A gateway that refuses connections is being restarted: that takes about so long.
REFUSED_SECONDS = 1.0


class Gateways:
    """Those that there are, and those to stay away from for a while. Shared by all REST clients."""

    def __init__(self, side, clock=time.monotonic):
        self.clock = clock
        self.silent_seconds = side.settings.gateway_avoid_seconds
        self.avoided_until = {}
        self.replace(side.world.gateways)

    def replace(self, gateways):
        """These are there now, each with `name` and `url`; what is known of those that stay is kept."""
        if not gateways:
            raise ValueError("There is no gateway; give at least one.")
        self.urls = {gateway["name"]: gateway["url"] for gateway in gateways}
        self.avoided_until = {name: until for name, until in self.avoided_until.items() if name in self.urls}

    def url(self, name):
        """None when it has gone meanwhile."""
        return self.urls.get(name)

    def choose(self, random, but=()):
        """One that is not avoided and not among `but`. When there is no such, the one that is avoided for the shortest
        time: asking nobody would be worse."""
        now = self.clock()
        names = [name for name in self.urls if name not in but] or list(self.urls)
        good = [name for name in names if self.avoided_until.get(name, 0.0) <= now]
        if good:
            return good[0] if len(good) == 1 else random.choice(good)
        return min(names, key=lambda name: self.avoided_until[name])

    def several(self, count, random):
        """So many, different ones as far as possible."""
        chosen = []
        while len(chosen) < count:
            left = set(self.urls) - set(chosen)
            chosen.append(self.choose(random, but=chosen if left else ()))
        return chosen

    def refused(self, name):
        self._avoid(name, REFUSED_SECONDS)

    def silent(self, name):
        self._avoid(name, self.silent_seconds)

    def _avoid(self, name, seconds):
        if name in self.urls:
            self.avoided_until[name] = self.clock() + seconds
