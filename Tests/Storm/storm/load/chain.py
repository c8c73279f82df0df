"""The simulated chain as customers use it: paying TRX and USDT, signed here, and asking what became of it."""

import asyncio
import dataclasses
import hashlib
import json

import aiohttp
import base58
import coincurve

#: USDT on the main network; the simulator's token has the same address.
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
#: A token transfer burns no more, in sun.
FEE_LIMIT = 50_000_000
REQUEST_SECONDS = 8.0
#: Between two looks at whether a payment is in a block, and how often: a transaction is valid for 60 s.
LOOK_SECONDS = 3.0
LOOKS_MAX = 30
BUILD_ATTEMPTS = 6


@dataclasses.dataclass(frozen=True)
class Payment:
    currency: str
    #: In sun or micro-USDT.
    amount: int
    txid: str
    #: Whether it was seen in a block; False: that is not known.
    is_in_block: bool


class NotBuilt(Exception):
    """A payment could not even be built: nothing was paid."""


class ChainClient:
    def __init__(self, side):
        self.url = side.world.tron_url
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=100), timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
            trust_env=False)

    async def close(self):
        await self.session.close()

    async def call(self, path, fields):
        """The answer as JSON; None: refused, or none came. The simulator misbehaves on purpose."""
        try:
            async with self.session.post(self.url + path, json=fields) as response:
                content = await response.read()
                return json.loads(content) if response.status == 200 else None
        except (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError, ValueError):
            return None

    async def pay(self, payer, address, currency, amount, on_signed):
        """Pays and waits until it is in a block, sending the same bytes again when the chain lost them: they can take
        effect once only. `on_signed(txid)` is told before anything is sent. Raises NotBuilt."""
        transaction = await self._build(payer, address, currency, amount)
        txid = transaction["txID"]
        key = coincurve.PrivateKey.from_hex(payer["private_key"])
        transaction["signature"] = [key.sign_recoverable(bytes.fromhex(txid), hasher=None).hex()]
        on_signed(txid)
        for _ in range(LOOKS_MAX):
            if await self._is_in_block(txid):
                return Payment(currency, amount, txid, is_in_block=True)
            await self.call("/wallet/broadcasttransaction", transaction)
            await asyncio.sleep(LOOK_SECONDS)
        return Payment(currency, amount, txid, is_in_block=await self._is_in_block(txid))

    async def _is_in_block(self, txid):
        found = await self.call("/wallet/gettransactioninfobyid", {"value": txid})
        return bool(found) and "blockNumber" in found

    async def _build(self, payer, address, currency, amount):
        """The simulator builds it; that it is what was asked for is seen from its bytes."""
        for _ in range(BUILD_ATTEMPTS):
            if currency == "TRX":
                built = await self.call("/wallet/createtransaction", {
                    "owner_address": payer["address"], "to_address": address, "amount": amount, "visible": True})
            else:
                reply = await self.call("/wallet/triggersmartcontract", {
                    "owner_address": payer["address"], "contract_address": USDT, "visible": True,
                    "function_selector": "transfer(address,uint256)", "parameter": transfer_words(address, amount),
                    "fee_limit": FEE_LIMIT, "call_value": 0})
                built = (reply or {}).get("transaction")
            if built and is_for(built, address, amount, currency):
                return built
            await asyncio.sleep(LOOK_SECONDS)
        raise NotBuilt(f"{currency} to {address}")


def transfer_words(address, amount):
    """The arguments of `transfer(address,uint256)`, in hexadecimal."""
    return base58.b58decode_check(address)[1:].hex().zfill(64) + f"{amount:064x}"


def is_for(built, address, amount, currency):
    """Whether these bytes have the id that is said, and pay this address this amount."""
    raw = built.get("raw_data_hex", "")
    if hashlib.sha256(bytes.fromhex(raw)).hexdigest() != built.get("txID"):
        return False
    if currency == "USDT":
        return transfer_words(address, amount) in raw
    return base58.b58decode_check(address).hex() + "18" + varint(amount) in raw


def varint(value):
    """As protobuf writes it, in hexadecimal."""
    text = ""
    while value >= 0x80:
        text += f"{value & 0x7f | 0x80:02x}"
        value >>= 7
    return text + f"{value:02x}"
