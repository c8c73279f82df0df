"""What the shop needs on its first day: wallets to lend from, customers with money, receivers on the chain."""

import asyncio
import hashlib
import hmac
import json

from storm.load.world import World
from storm.settings import SUN_PER_TRX

from .accounts import make_account

FIRST_USER = 1_100_001
LANGUAGES = ("en", "en", "zh")
#: Requests to a simulator at once.
CONCURRENT_REQUESTS = 16


class Seeding:
    """All that differs from run to run comes from `random`."""

    def __init__(self, stack, random):
        self.stack = stack
        self.settings = stack.settings
        self.random = random
        self.gate = asyncio.Semaphore(CONCURRENT_REQUESTS)

    async def run(self):
        """The world as customers know it."""
        receivers = [make_account(self.random) for _ in range(self.settings.receivers)]
        payers = [make_account(self.random) for _ in range(self.settings.payers)]
        clients, poor, people, *_ = await asyncio.gather(
            self._clients("client", self.settings.rest_clients, self.settings.client_trx),
            self._clients("poor", self.settings.poor_clients, 0),
            self._people(),
            self._suppliers(),
            *(self._receiver(account["address"]) for account in receivers),
            *(self._payer(account["address"]) for account in payers))
        return World(
            rest_clients=clients, people=people, receivers=receivers, gateways=self.stack.gateways(),
            telegram_url=self.stack.telegram_sim.control, tron_url=self.stack.tron_sim.control, payers=payers,
            poor_clients=poor)

    async def _ctl(self, *arguments, key):
        return await self.stack.energyctl(
            *arguments, "--actor", "storm", "--reason", "first day", "--key", f"storm-{key}")

    # ---------------------------------------------------------------- the chain

    async def _receiver(self, address):
        await self._set_account(address=address, trx=100 * SUN_PER_TRX)

    async def _payer(self, address):
        """Pays for deposits, and never runs out of what transactions cost."""
        rich = self.settings.payer_trx * SUN_PER_TRX
        await self._set_account(address=address, trx=rich, usdt=rich, energy_stake=rich, bandwidth_stake=rich)

    async def _set_account(self, **fields):
        async with self.gate:
            await self.stack.tron_sim.post("/sim/accounts", fields)

    async def _suppliers(self):
        """One after the other: the pool's order is the same in each run."""
        folder = self.stack.layout.data / "tron-sim"
        accounts = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
        suppliers = [account["address"] for account in accounts if account["role"] == "supplier"]
        for number, address in enumerate(suppliers, 1):
            await self._set_account(
                address=address, bandwidth_stake=self.settings.supplier_bandwidth_trx * SUN_PER_TRX)
            key_file = folder / "suppliers" / f"{number}.key"
            await self._ctl("supplier", "add", "--key-file", str(key_file), key=f"supplier-{number}")

    # ---------------------------------------------------------------- customers

    async def _clients(self, kind, count, trx):
        return await asyncio.gather(*(self._client(f"{kind}-{number}", trx) for number in range(1, count + 1)))

    async def _client(self, name, trx):
        output = await self._ctl("client", "create", "--name", name, "--json", key=name)
        created = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
        if trx:
            await self._ctl("credit", "--customer", created["customer"], "--trx", str(trx), key=f"credit-{name}")
        return {"customer": created["customer"], "api_key": created["api_key"]}

    async def _people(self):
        secret = self.stack.layout.secret("installation")
        users = range(FIRST_USER, FIRST_USER + self.settings.telegram_people)
        return await asyncio.gather(
            *(self._person(user, LANGUAGES[user % len(LANGUAGES)], secret) for user in users))

    async def _person(self, user, language, secret):
        async with self.gate:
            await self.stack.telegram_sim.post(
                "/sim/chats", {"user_id": user, "first_name": f"Person {user}", "language_code": language})
        await self._ctl(
            "credit", "--telegram-user", str(user), "--trx", str(self.settings.person_trx), key=f"credit-{user}")
        return {"user_id": user, "customer": telegram_customer(user, secret), "language": language}


def telegram_customer(user, installation_secret):
    """The customer's id of a Telegram user, by the design's rule."""
    code = hmac.new(installation_secret.encode(), f"telegram:{user}".encode(), hashlib.sha256).digest()
    return "cus_" + code[:16].hex()
