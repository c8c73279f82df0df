"""People in the simulated Telegram: they type, press buttons and read what the bot shows."""

import asyncio
import collections
import contextlib
import time

import aiohttp
import orjson

from storm.load.telegram_person import Person

#: A restarted simulator is back by then.
AWAY_SECONDS_MAX = 30.0
#: The simulator answers at once, except to a long poll.
REQUEST_SECONDS_MAX = 30.0
ORDERS_REMEMBERED = 200


class Blocked(Exception):
    """The person has blocked the bot, so cannot write to it."""


class NobodyFree(Exception):
    """Everybody is in a conversation already."""


class Telegram:
    """Telegram's side of the person: the simulator's people, and who of them is free to talk."""

    def __init__(self, side):
        self.side = side
        self.url = side.world.telegram_url.rstrip("/")
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX),
        )
        self.people = [Person(self, **_fields(person)) for person in side.world.people]
        self.free = list(self.people)
        self.freed = asyncio.Condition()
        #: The last orders placed here, as (customer, order): somebody else's must not be shown.
        self.orders = collections.deque(maxlen=ORDERS_REMEMBERED)

    async def close(self):
        for person in self.people:
            await person.close()
        await self.session.close()

    @contextlib.asynccontextmanager
    async def somebody(self, side):
        """A person who is in no conversation, for as long as one takes. Raises NobodyFree after a while."""
        async with self.freed:
            try:
                async with asyncio.timeout(side.settings.telegram_queue_seconds):
                    await self.freed.wait_for(lambda: self.free)
            except TimeoutError:
                raise NobodyFree(f"all {len(self.people)} people are in conversations") from None
            person = self.free.pop(side.random.randrange(len(self.free)))
        try:
            yield person
        finally:
            async with self.freed:
                self.free.append(person)
                self.freed.notify()

    async def say(self, chat, text):
        """Returns the update's id; None when the bot does not want such updates."""
        answer = await self._call("POST", f"/sim/chats/{chat}/messages", {"text": text})
        return answer.get("update_id")

    async def press(self, chat, message, data):
        """Returns the callback's id."""
        answer = await self._call("POST", f"/sim/chats/{chat}/press", {"message_id": message, "data": data})
        return answer["callback_id"]

    async def changes(self, chat, after, wait):
        return await self._call("GET", f"/sim/chats/{chat}/messages?after_version={after}&wait={wait:g}")

    async def _call(self, method, path, body=None):
        deadline = time.monotonic() + AWAY_SECONDS_MAX
        while True:
            try:
                async with self.session.request(method, self.url + path, json=body) as response:
                    answer = orjson.loads(await response.read())
                    status = response.status
                break
            except (aiohttp.ClientConnectionError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"telegram-sim does not answer {method} {path}: {error!r}") from error
                await asyncio.sleep(0.5)
        if status == 409 and "blocked" in answer.get("error", ""):
            raise Blocked(answer["error"])
        if status != 200:
            raise RuntimeError(f"telegram-sim answers {status} to {method} {path}: {answer}")
        return answer


def _fields(person):
    return {name: person[name] for name in ("user_id", "customer", "language")}
