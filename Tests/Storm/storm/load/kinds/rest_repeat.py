"""A REST customer whose requests arrive several times: at once through several gateways, and again later. All of them
are one order; another request under the same key is refused."""

import asyncio
import dataclasses

from storm.load.following import Follower
from storm.load.hostility import record_refusal
from storm.load.kind import Kind
from storm.load.ordering import Placement, Terms
from storm.load.rest import RestClient

#: Sent at once, at least and at most.
COPIES = (2, 5)
#: Seconds until the same request comes again.
LATER = (1.0, 15.0)
REUSED = ((422, "idempotency_key_reused"),)


class RestRepeat(Kind):
    name = "rest_repeat"
    weight = 8
    is_order = True

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        placement = Placement(side, self.name, client, Terms.draw(side))
        await placement.place(copies=side.random.randint(*COPIES))
        if placement.order is None:
            return
        follower = Follower.of(placement)
        await asyncio.gather(follower.follow(), self._again(side, placement))

    async def _again(self, side, placement):
        await asyncio.sleep(side.random.uniform(*LATER))
        rest = side.part(RestClient)
        await placement.send(rest.gateways.choose(side.random), is_respelt=True)
        if side.random.random() < 0.5:
            await self._another_request(side, rest, placement)

    async def _another_request(self, side, rest, placement):
        other = dataclasses.replace(placement.terms, energy=placement.terms.energy + 1)
        answer = await rest.ask(
            side, self.name, placement.client, "POST", "/v1/orders", None, other.body(),
            {"Idempotency-Key": placement.key})
        record_refusal(side, self.name, "idempotency_key_reused", answer, REUSED)
