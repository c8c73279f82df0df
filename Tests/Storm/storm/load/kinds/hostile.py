"""Requests that must be refused, each with the answer that must come, and never 5xx. The cases stand in
storm/load/hostile_requests.py, hostile_bodies.py and hostile_bytes.py."""

from storm.load.hostile_bodies import BODIES
from storm.load.hostile_bytes import BYTES
from storm.load.hostile_requests import REQUESTS
from storm.load.hostility import record_refusal
from storm.load.kind import Kind
from storm.load.raw import send_raw
from storm.load.rest import RestClient, Unanswered


class Hostile(Kind):
    name = "hostile"
    weight = 4

    async def run(self, customer_side):
        side = customer_side
        if side.random.random() < 0.15:
            await self._send_bytes(side, side.random.choice(BYTES))
        else:
            await self._send_request(side, side.random.choice(BODIES + REQUESTS))

    async def _send_request(self, side, case):
        client = side.random.choice(side.world.rest_clients)
        request = case.make(side, client)
        if request is None:
            return
        answer = await side.part(RestClient).ask(
            side, self.name, request.client, request.method, request.path, None, request.data, request.headers)
        record_refusal(side, self.name, case.name, answer, case.allowed)

    async def _send_bytes(self, side, case):
        client = side.random.choice(side.world.rest_clients)
        gateways = side.part(RestClient).gateways
        gateway = gateways.choose(side.random)
        try:
            answer = await send_raw(
                gateways.url(gateway), gateway, case.make(side, client), side.settings.request_seconds_max)
        except Unanswered:
            # Closing the connection is a refusal, too.
            answer = None
        record_refusal(side, self.name, case.name, answer, case.allowed)
