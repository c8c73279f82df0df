"""The work is done, and nobody hears of it."""

from storm.faults.network_links import NetworkFault, draw_seed
from storm.network import CutInReply

PAUSE_SECONDS = (0.2, 1.5)


class NetworkCutInReply(NetworkFault):
    """Again and again a connection is reset in the middle of a reply, such as the one to a COMMIT."""

    name = "network_cut_in_reply"
    seconds = (2.0, 8.0)
    seconds_short = (2.0, 5.0)

    def trouble(self, random):
        return CutInReply(pause_seconds=round(random.uniform(*PAUSE_SECONDS), 2), seed=draw_seed(random))
