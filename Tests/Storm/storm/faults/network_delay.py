"""A slow network."""

from storm.faults.network_links import NetworkFault, draw_seed
from storm.network import Delay

DELAY_SECONDS = (0.02, 0.4)
JITTER_SECONDS = (0.0, 0.3)


class NetworkDelay(NetworkFault):
    """Everything between two parts takes longer, by a delay that varies."""

    name = "network_delay"
    seconds = (4.0, 15.0)
    seconds_short = (3.0, 6.0)

    def trouble(self, random):
        return Delay(
            delay_seconds=round(random.uniform(*DELAY_SECONDS), 3),
            jitter_seconds=round(random.uniform(*JITTER_SECONDS), 3), seed=draw_seed(random))
