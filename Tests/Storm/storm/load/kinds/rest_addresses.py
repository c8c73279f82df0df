"""A REST customer keeps a list of addresses: saves one, renames it, makes it the default, removes it."""

import json

from storm.load.kind import Kind
from storm.load.rest import RestClient

LABELS = ("cold wallet", "交易所", "Büro", "", "<b>&amp;", "x" * 40, "🐸 hot")
PATH = "/v1/addresses"
SAVED = ((200, None), (201, None), (202, None), (409, "too_many_addresses"))
CHANGED = ((200, None), (202, None), (404, "not_found"))
REMOVED = ((204, None), (202, None))


class RestAddresses(Kind):
    name = "rest_addresses"
    weight = 2

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        address = side.random.choice(side.world.receivers)["address"]
        saved = await self._ask(side, client, "POST", PATH, SAVED, address=address, label=side.random.choice(LABELS))
        if saved is None:
            return
        if saved.status == 409:
            await self._make_room(side, client)
            return
        one = f"{PATH}/{address}"
        # Only when it is saved may the label be left empty.
        change = {"label": side.random.choice(LABELS) or "renamed"} if side.random.random() < 0.6 else {"default": True}
        await self._ask(side, client, "PATCH", one, CHANGED, **change)
        # Another of this customer's requests, or the bot, may have removed it.
        await self._ask(side, client, "GET", one, ((200, None), (404, "not_found")))
        if side.random.random() < 0.9:
            await self._ask(side, client, "DELETE", one, REMOVED)

    async def _make_room(self, side, client):
        answer = await self._ask(side, client, "GET", PATH, ((200, None),))
        for saved in answer.body["data"][:5] if answer is not None and answer.status == 200 else ():
            await self._ask(side, client, "DELETE", f"{PATH}/{saved['address']}", REMOVED)

    async def _ask(self, side, client, method, path, allowed, **fields):
        data = json.dumps(fields).encode() if fields else None
        return await side.part(RestClient).ask(side, self.name, client, method, path, allowed, data)
