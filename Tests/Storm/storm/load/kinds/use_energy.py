"""Customers spend what they have rented: a contract call of theirs uses the energy on their address."""

import time

from storm.load.chain import ChainClient
from storm.load.kind import Kind
from storm.load.rentals import Rentals


class UseEnergy(Kind):
    name = "use_energy"
    weight = 15

    async def run(self, customer_side):
        side = customer_side
        rental = side.part(Rentals).draw(side.random, at=time.time() + 1)
        if rental is None:
            return
        # Not all of it: what is missing would be burned, which is nobody's business here.
        energy = int(rental.energy * side.random.uniform(0.3, 0.95))
        reply = await side.part(ChainClient).call("/sim/energy/use", {"address": rental.receiver, "energy": energy})
        side.count("energy_used" if reply is not None else "energy_not_used")
