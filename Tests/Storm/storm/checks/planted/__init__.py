"""The mistakes, by what they are made in."""

from . import bus, chain, dialogs, edge, ledger, load, orders, processes

ALL = [
    mistake for room in (ledger, orders, chain, bus, processes, edge, dialogs, load) for mistake in room.PLANTED]
