"""A gateway for the tests of the load: it keeps orders by their key, and misbehaves as it is told."""

import asyncio
import contextlib
import pathlib
import random
import tempfile
import time

from aiohttp import web

from storm.history import History, read
from storm.load.figures import Figures
from storm.load.kind import CustomerSide, Settling
from storm.load.world import World
from storm.settings import Settings

RECEIVER = "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC"


def settings(**changes):
    given = {
        "minutes": 1, "seed": 7, "replicas": 2, "only": frozenset(), "data": pathlib.Path("/nowhere"),
        "programs": pathlib.Path("/nowhere"), "retry_seconds_min": 0.02, "retry_seconds_max": 0.05,
        "gateway_avoid_seconds": 0.3, **changes}
    return Settings(**given)


class StubGateway:
    """What it should do next stands in `moods`: "later" (503), "rude" (the same, without saying
    for how long), "open" (503 outcome_unknown), "hang", "cut", "broken" (500); else it serves."""

    def __init__(self, rental_seconds=0.2):
        self.moods = []
        self.orders = {}
        self.requests = []
        self.rental_seconds = rental_seconds
        self.runner = None
        self.url = None

    async def start(self):
        """Returns itself, listening."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self.runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = "http://127.0.0.1:%d" % self.runner.addresses[0][1]
        return self

    async def stop(self):
        await self.runner.cleanup()

    async def _answer(self, request):
        self.requests.append((request.method, request.path))
        mood = self.moods.pop(0) if self.moods else None
        if mood == "later":
            return problem(503, "unavailable", {"Retry-After": "0"})
        if mood == "rude":
            return problem(503, "unavailable")
        if mood == "open":
            return problem(503, "outcome_unknown", {"Retry-After": "0"})
        if mood == "hang":
            await asyncio.sleep(60)
        if mood == "broken":
            return problem(500, "internal_error")
        answer = await self._serve(request)
        if mood == "cut":
            request.transport.abort()
        return answer

    async def _serve(self, request):
        if request.path == "/v1/orders" and request.method == "POST":
            key = request.headers["Idempotency-Key"].strip('"')
            fields = await request.json()
            known = self.orders.get(key)
            if known is not None and known[0]["energy"] != fields["energy"]:
                return problem(422, "idempotency_key_reused")
            if known is None:
                self.orders[key] = known = (fields, time.time(), f"ord_{len(self.orders):032x}")
            headers = {"Idempotent-Replayed": "true"} if known[1] < time.time() - 0.001 else {}
            return web.json_response(self._view(known), status=201, headers=headers)
        known = [order for order in self.orders.values() if request.path == "/v1/orders/" + order[2]]
        if known and request.method == "GET":
            return web.json_response(self._view(known[0]))
        if request.path.endswith("/cancel"):
            return problem(409, "too_late")
        return problem(404, "not_found")

    def _view(self, order):
        fields, created, name = order
        ends = created + self.rental_seconds
        status = "completed" if time.time() > ends else "active"
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ends)) + f".{int(ends % 1 * 1000):03d}Z"
        return {"object": "order", "id": name, "status": status, "ends_at": text, **fields}


def problem(status, code, headers=None):
    return web.json_response({"code": code}, status=status, headers=headers, content_type="application/problem+json")


@contextlib.asynccontextmanager
async def customers(count=2, **changes):
    """Stub gateways, and a customers' side that knows them; `lines()` of it are what was written."""
    gateways = [await StubGateway().start() for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        history = History(pathlib.Path(folder) / "load.jsonl")
        side = CustomerSide(
            settings(**changes), world_of(gateways), history, Figures(), Settling(), {}, random.Random(7), time.time())
        side.lines = lambda what: [line for line in read(history.path) if line["what"] == what]
        try:
            yield side, gateways
        finally:
            for part in side.parts.values():
                if hasattr(part, "close"):
                    await part.close()
            for gateway in gateways:
                await gateway.stop()
            history.close()


def world_of(gateways):
    named = [{"name": f"gateway-{number}", "url": gateway.url} for number, gateway in enumerate(gateways, 1)]
    client = {"customer": "cus_1", "api_key": "ek_test_key"}
    return World([client], [], [{"address": RECEIVER, "private_key": "00"}], named, "", "http://127.0.0.1:1", [])
