"""A client without money orders: the answer is 402, and nothing else moves."""

from storm.load.following import Follower
from storm.load.kind import Kind
from storm.load.kinds.rest_balance import read_balance
from storm.load.ordering import Placement, Terms

#: 202: it was not decided in time; the order that is read then has to say the same.
ALLOWED = ((402, "insufficient_balance"), (202, None), (409, "expired"))


class Insufficient(Kind):
    name = "insufficient"
    weight = 1.5

    async def run(self, customer_side):
        side = customer_side
        if not side.world.poor_clients:
            side.count("no_poor_clients")
            return
        client = side.random.choice(side.world.poor_clients)
        placement = Placement(side, self.name, client, Terms.draw(side))
        answer = await placement.place()
        if answer is None:
            return
        if not answer.is_one_of(ALLOWED):
            placement.rest.unexpected(side, self.name, "POST", "/v1/orders", answer)
        if placement.order is not None:
            await Follower.of(placement).follow()
        await read_balance(side, self.name, client)
