"""A REST customer changes his mind: at once, while the energy is on its way, or too late."""

import asyncio

from storm.load.cancelling import cancel
from storm.load.following import Follower
from storm.load.kind import Kind
from storm.load.ordering import Placement, Terms

#: Seconds after the order was answered, in which it is being delivered.
ON_ITS_WAY = (0.1, 1.2)


class RestCancel(Kind):
    name = "rest_cancel"
    weight = 7
    is_order = True

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        placement = Placement(side, self.name, client, Terms.draw(side))
        await placement.place()
        if placement.order is None:
            return
        follower = Follower.of(placement)
        when = side.random.choices(("at once", "on its way", "too late"), (50, 35, 15))[0]
        if when == "on its way":
            await asyncio.sleep(side.random.uniform(*ON_ITS_WAY))
        elif when == "too late":
            await follower.follow(until=("active",))
        # Some press the button twice.
        await asyncio.gather(*(cancel(follower) for _ in range(side.random.choices((1, 2), (80, 20))[0])))
        await follower.follow()
