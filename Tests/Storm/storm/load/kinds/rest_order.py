"""A REST customer orders energy, waits for it, and reads the order to its end."""

from storm.load.following import Follower
from storm.load.kind import Kind
from storm.load.ordering import Placement, Terms


class RestOrder(Kind):
    name = "rest_order"
    weight = 55
    is_order = True

    async def run(self, customer_side):
        client = customer_side.random.choice(customer_side.world.rest_clients)
        placement = Placement(customer_side, self.name, client, Terms.draw(customer_side))
        await placement.place()
        if placement.order is not None:
            await Follower.of(placement).follow()
