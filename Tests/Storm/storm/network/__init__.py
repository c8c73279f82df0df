"""The network between the parts of a run: a proxy of our own, and what can be wrong with its links."""

from storm.network.network import Network, NetworkError
from storm.network.trouble import BOTH, DOWN, UP, Cut, CutInReply, Delay, HalfOpen, Trickle, Trouble

__all__ = ["BOTH", "DOWN", "UP", "Cut", "CutInReply", "Delay", "HalfOpen", "Network", "NetworkError", "Trickle",
           "Trouble"]
