"""A network with hardly any room left."""

from storm.faults.network_links import NetworkFault, draw_seed
from storm.network import BOTH, DOWN, UP, Trickle

BYTES_PER_SECOND = (200, 8_000)


class NetworkTrickle(NetworkFault):
    """Each connection between two parts carries only so many bytes a second."""

    name = "network_trickle"
    seconds = (3.0, 10.0)
    seconds_short = (2.0, 5.0)

    def trouble(self, random):
        return Trickle(
            bytes_per_second=random.randint(*BYTES_PER_SECOND), direction=random.choice((UP, DOWN, BOTH)),
            seed=draw_seed(random))
