"""A broken network that says so."""

from storm.faults.network_links import NetworkFault, draw_seed
from storm.network import Cut


class NetworkCut(NetworkFault):
    """All connections between two parts are reset, and new ones are refused for a while."""

    name = "network_cut"
    seconds = (0.2, 8.0)
    seconds_short = (0.2, 4.0)

    def trouble(self, random):
        return Cut(seed=draw_seed(random))
