"""One person in the simulated Telegram, and the chat as this person sees it."""

import asyncio
import dataclasses
import time

from storm.load import telegram_screens as screens

#: So many messages of a chat are kept in mind; older ones are scrolled away.
MESSAGES_KEPT = 80
TOASTS_KEPT = 40
#: Texts without a promise are recorded by their beginning.
PLAIN_TEXT_KEPT = 80
#: A button that only a screen has which was asked for from the list of orders.
ASKED_BUTTON = "v1:o"


@dataclasses.dataclass(frozen=True)
class Message:
    """What the bot shows in one message, as of a version of the chat."""

    id: int
    version: int
    text: str
    #: What its buttons say when pressed.
    buttons: tuple

    def has(self, data):
        return data in self.buttons

    def starting(self, prefix):
        """The data of all buttons that begin so."""
        return [data for data in self.buttons if data.startswith(prefix)]


@dataclasses.dataclass(frozen=True)
class Toast:
    """The answer to a press; without text it only says that the press has arrived."""

    callback: str
    version: int
    text: str


class NotShown(Exception):
    """The bot did not show within the person's patience what the person waited for."""


@dataclasses.dataclass(eq=False)
class Waiter:
    """Somebody who looks at the chat until a message or a toast fits."""

    fits: object
    after: int
    #: Seconds between two looks; 0: the eyes stay on the chat.
    pause: float
    found: asyncio.Future

    def offer(self, things):
        for thing in sorted(things, key=lambda thing: thing.version, reverse=True):
            if thing.version > self.after and not self.found.done() and self.fits(thing):
                self.found.set_result(thing)


class Person:
    """Reads the chat only while somebody waits for something in it: by long polls during a conversation, and now and
    then while an order is under way."""

    def __init__(self, telegram, user_id, customer, language):
        self.telegram = telegram
        self.user_id = user_id
        self.customer = customer
        self.language = language
        self.history = telegram.side.history
        self.settings = telegram.side.settings
        self.version = 0
        self.is_blocked = False
        self.messages = {}
        self.toasts = {}
        self.waiters = set()
        self.reader = None
        self.hurry = asyncio.Event()

    async def close(self):
        if self.reader is not None:
            self.reader.cancel()
            await asyncio.gather(self.reader, return_exceptions=True)

    async def write(self, kind, text):
        update = await self.telegram.say(self.user_id, text)
        self.history.write(kind, "input", customer=self.customer, chat=self.user_id, update=update, text=text[:200])
        return update

    async def press(self, kind, message, data):
        """Returns the callback's id, by which its toast is known."""
        callback = await self.telegram.press(self.user_id, message.id, data)
        self.history.write(
            kind, "input", customer=self.customer, chat=self.user_id, update=callback, message=message.id, data=data
        )
        return callback

    async def look(self):
        """Reads what is new: what comes afterwards is an answer to what is done afterwards."""
        await self._fetch(0)

    async def shown(self, fits, what, seconds, after=None, pause=0.0):
        """The newest message or toast that fits and changed after this version (None: any), as soon as there is one."""
        loop = asyncio.get_running_loop()
        waiter = Waiter(fits, -1 if after is None else after, pause, loop.create_future())
        waiter.offer([*self.messages.values(), *self.toasts.values()])
        self.waiters.add(waiter)
        self.hurry.set()
        if self.reader is None:
            self.reader = loop.create_task(self._read())
        try:
            async with asyncio.timeout(seconds):
                return await waiter.found
        except TimeoutError:
            raise NotShown(f"{what}, in {seconds:g} s") from None
        finally:
            self.waiters.discard(waiter)

    async def _read(self):
        """Until nobody waits any more."""
        try:
            while self.waiters:
                self.hurry.clear()
                pause = min(waiter.pause for waiter in self.waiters)
                await self._fetch(0 if pause else self.settings.telegram_poll_seconds)
                if pause:
                    await self._rest(pause)
        except Exception as error:
            for waiter in self.waiters:
                if not waiter.found.done():
                    waiter.found.set_exception(error)
        finally:
            self.reader = None

    async def _rest(self, seconds):
        """Ends early when somebody is in a hurry."""
        try:
            async with asyncio.timeout(seconds):
                await self.hurry.wait()
        except TimeoutError:
            return

    async def _fetch(self, wait):
        changes = await self.telegram.changes(self.user_id, self.version, wait)
        self.is_blocked = changes["blocked"]
        news = [message_of(view) for view in changes["messages"] if view["from"] == "bot"]
        news = [message for message in news if message.version > self.version]
        toasts = [Toast(view["callback_id"], view["version"], view["text"]) for view in changes["toasts"]]
        for deletion in changes["deleted"]:
            self.messages.pop(deletion["message_id"], None)
        self.version = max(self.version, changes["version"])
        for message in news:
            self.messages.pop(message.id, None)
            self.messages[message.id] = message
            self._record(message)
        self.toasts.update((toast.callback, toast) for toast in toasts)
        _keep_last(self.messages, MESSAGES_KEPT)
        _keep_last(self.toasts, TOASTS_KEPT)
        for waiter in list(self.waiters):
            waiter.offer([*news, *toasts])

    def _record(self, message):
        fields = {"customer": self.customer, "chat": self.user_id, "message": message.id, "version": message.version}
        order = screens.order_screen(message.text)
        if order is not None:
            fields.update(order=order.order, state=order.state, asked=is_asked(message))
        is_promise = order is not None or screens.title(message.text) in screens.CREDITED_TITLES
        text = message.text if is_promise else message.text[:PLAIN_TEXT_KEPT]
        self.history.write("telegram", "told", **fields, text=text, seen=time.time())


def is_asked(message):
    """Whether an order's screen was asked for from the list of orders, and so does not change with the order."""
    return message.has(ASKED_BUTTON)


def message_of(view):
    """A message as the simulator shows it."""
    rows = (view.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = tuple(button["callback_data"] for row in rows for button in row if "callback_data" in button)
    return Message(view["message_id"], view["version"], view["text"], buttons)


def _keep_last(things, count):
    for key in list(things)[: max(0, len(things) - count)]:
        del things[key]
