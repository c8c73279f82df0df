"""A REST customer looks around: the balance, the prices, the orders, the QR code of the deposit address."""

from storm.load.kind import Kind
from storm.load.products import Products
from storm.load.rest import RestClient

FOUND = ((200, None),)


class RestBalance(Kind):
    name = "rest_balance"
    weight = 6

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        await read_balance(side, self.name, client)
        looks = (self._prices, self._orders, self._picture)
        await side.random.choices(looks, (5, 4, 1))[0](side, client)

    async def _prices(self, side, client):
        answer = await self._get(side, client, "/v1/prices")
        if answer is not None and answer.status == 200:
            side.part(Products).learn(answer.body)

    async def _orders(self, side, client):
        """Two pages of them."""
        path = f"/v1/orders?limit={side.random.choice((5, 20, 50))}"
        answer = await self._get(side, client, path)
        if answer is not None and answer.status == 200 and answer.body["has_more"]:
            last = answer.body["data"][-1]["id"]
            await self._get(side, client, f"{path}&starting_after={last}")

    async def _picture(self, side, client):
        allowed = FOUND + ((202, None),)
        await side.part(RestClient).ask(side, self.name, client, "GET", "/v1/deposit-address/qr.png", allowed)

    async def _get(self, side, client, path):
        return await side.part(RestClient).ask(side, self.name, client, "GET", path, FOUND)


async def read_balance(side, kind, client):
    """Reads it and writes down what was said. Returns the Answer or None."""
    answer = await side.part(RestClient).ask(side, kind, client, "GET", "/v1/balance", FOUND)
    if answer is not None and answer.status == 200:
        side.history.write(
            kind, "balance_seen", customer=client["customer"], available_sun=answer.body["available_sun"],
            held_sun=answer.body["held_sun"], available_usdt_micro=answer.body["available_usdt_micro"])
    return answer
