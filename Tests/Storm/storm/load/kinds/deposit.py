"""A REST customer asks where to pay, and pays TRX or USDT on the chain: enough, or dust, and some pay twice."""

import asyncio

from storm.load.kind import Kind
from storm.load.paying import deposit
from storm.load.rest import RestClient

PATH = "/v1/deposit-address"
ALLOWED = ((200, None), (202, None))
#: How often a customer asks again while the address is being assigned.
QUESTIONS_MAX = 5
PAUSE_SECONDS = 2.0


class Deposit(Kind):
    name = "deposit"
    weight = 1

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        address = await self._address(side, client)
        if address is None:
            side.count("deposits_without_address")
            return
        await deposit(side, self.name, client["customer"], address)

    async def _address(self, side, client):
        for _ in range(QUESTIONS_MAX):
            answer = await side.part(RestClient).ask(side, self.name, client, "GET", PATH, ALLOWED)
            if answer is not None and answer.status == 200:
                return answer.body["address"]
            await asyncio.sleep(PAUSE_SECONDS)
        return None
