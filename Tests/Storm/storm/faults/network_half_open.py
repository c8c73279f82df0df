"""A broken network that says nothing."""

from storm.faults.network_links import NetworkFault, draw_seed
from storm.network import BOTH, DOWN, UP, HalfOpen


class NetworkHalfOpen(NetworkFault):
    """What one part sends to the other vanishes, in one direction or both; only time-outs can tell."""

    name = "network_half_open"
    #: Longer than the time-outs of those who wait.
    seconds = (6.0, 20.0)
    seconds_short = (3.0, 8.0)

    def trouble(self, random):
        return HalfOpen(direction=random.choice((UP, DOWN, BOTH)), seed=draw_seed(random))
