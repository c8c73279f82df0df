"""Ordering by a button, and following the order's message to its end."""

import asyncio
import time

from storm.load import telegram_screens as screens
from storm.load.telegram import Blocked, Telegram
from storm.load.telegram_conversation import LOST
from storm.load.telegram_person import NotShown, Toast, is_asked

#: The bot acts on no press that is older than this.
PRESS_SECONDS_MAX = 30.0


class PressedOrder:
    """One order of a person. Its key in the history is made of its number, which the confirm screen tells before
    anything is ordered; a press has an id of its own (`callback`)."""

    def __init__(self, conversation, offer):
        self.conversation = conversation
        self.person = conversation.person
        self.side = conversation.side
        self.offer = offer
        self.key = f"telegram-{offer.order}"
        self.attempts = 0
        #: When Confirm was wanted, in seconds since the epoch: the talk before it is no waiting.
        self.due = time.time()
        #: The newest OrderScreen seen.
        self.screen = None

    async def place(self, presses=1):
        """Presses Confirm, `presses` times at once, and again until the bot reacts. Whether the order was accepted."""
        self.side.count("orders_sent")
        self.due = time.time()
        self.side.begin_wait(self.key, self.due)
        if not await self._until_decided(presses):
            self.side.end_wait(self.key)
            return False
        return True

    async def _until_decided(self, presses):
        after = self.person.version
        callbacks = set()
        for _ in range(self.side.settings.telegram_attempts):
            pressed_at = time.time()
            try:
                for _ in range(presses):
                    callbacks.add(await self._press())
                answer = await self._answer(callbacks, after)
            except Blocked:
                # Nothing can be pressed any more; what was may still have ordered.
                break
            except NotShown as error:
                self._write("order_unknown", error=str(error), seconds=round(time.time() - pressed_at, 3))
                continue
            if self._note(answer, time.time() - self.due):
                return True
            if not isinstance(answer, Toast):
                # With one press that is the last word; of several, another one may still be on its way.
                return len(callbacks) > 1 and await self._given_up()
            callbacks.discard(answer.callback)
            await asyncio.sleep(self.side.random.uniform(1, self.side.settings.retry_seconds_max))
        return await self._given_up()

    async def _press(self):
        offer = self.offer
        self.attempts += 1
        self._write(
            "order_sent", channel="telegram", receiver=offer.receiver, energy=offer.energy,
            duration_seconds=offer.duration_seconds, max_price_sun=offer.price_sun, due=self.due,
            attempt=self.attempts, order=offer.order)
        return await self.person.press(self.conversation.kind, offer.message, offer.button)

    async def _answer(self, callbacks, after):
        def is_answer(thing):
            if isinstance(thing, Toast):
                return thing.callback in callbacks and screens.begins_with(thing.text, screens.BUSY)
            return self._is_mine(thing) or screens.begins_with(thing.text, LOST)

        seconds = self.side.settings.telegram_patience_seconds
        return await self.person.shown(is_answer, "the order's message", seconds, after)

    def _note(self, answer, seconds):
        """Whether the order was accepted."""
        screen = None if isinstance(answer, Toast) else screens.order_screen(answer.text)
        if screen is not None:
            self.screen = screen
            self.side.part(Telegram).orders.append((self.person.customer, screen.order))
            self.side.count("orders_accepted")
            body = {"id": screen.order, "state": screen.state, "price_sun": screen.price_sun}
            self._write_answer(201, screen.order, None, body, seconds, final=True)
            return True
        is_busy = isinstance(answer, Toast)
        is_final = not is_busy and self.attempts == 1
        self.side.count("orders_declined" if is_final else "attempts_put_off")
        code = "busy" if is_busy else screens.title(answer.text)[:60]
        # A bot that has lost the thread serves nobody: as over REST what is no longer there is.
        self._write_answer(503 if is_busy else 410, None, code, None, seconds, final=is_final)
        return False

    async def _given_up(self):
        """A late message may still come; without one, what became of the order is unknown. Nobody stands waiting for
        it: the customer looks now and then."""
        self.side.end_wait(self.key)
        try:
            answer = await self.person.shown(
                self._is_mine, "a late order's message", 2 * PRESS_SECONDS_MAX,
                pause=self.side.settings.telegram_watch_seconds)
        except NotShown:
            self.side.count("orders_given_up")
            self._write("order_given_up", order=self.offer.order)
            return False
        return self._note(answer, time.time() - self.due)

    async def follow(self):
        """Reads the order's message until it tells the end, and asks for it where the message is silent. What a
        customer was told at last is written down."""
        settings, settling = self.side.settings, self.side.settling
        expected = time.time() + settings.telegram_overdue_seconds
        seen, how = -1, "message"
        while not self.screen.is_end:
            pause = await self._until_it_matters()
            try:
                message = await self.person.shown(
                    lambda thing: self._is_news(thing, seen), "news of the order", settings.telegram_overdue_seconds,
                    pause=pause)
            except NotShown:
                if time.time() < max(expected, (self.screen.ends_at or 0) + settings.telegram_overdue_seconds):
                    continue
                if settling.is_over:
                    break
                await self._ask()
                continue
            seen = message.version
            self.screen = screens.order_screen(message.text)
            how = "asked" if is_asked(message) else "message"
        self._write_end(how)

    def _is_mine(self, thing):
        if isinstance(thing, Toast):
            return False
        return any(line.endswith(self.offer.order) for line in thing.text.split("\n", 4)[:4])

    def _is_news(self, thing, seen):
        return thing.version > seen and self._is_mine(thing)

    async def _until_it_matters(self):
        """While a rental runs its message stays as it is, and nobody looks at it. Returns the pause between looks."""
        if self.screen.state == "delivered" or self.person.is_blocked:
            self.side.end_wait(self.key)
        ends_at = self.screen.ends_at
        if self.screen.state == "delivered" and ends_at is not None and ends_at > time.time():
            await asyncio.sleep(ends_at - time.time())
        return self.side.settings.telegram_watch_seconds

    async def _ask(self):
        """What became of the order, asked as from the list of orders."""
        self.side.count("telegram_orders_asked")
        try:
            await self.person.press(self.conversation.kind, self.offer.message, f"v1:ov:{self.offer.order}")
        except Blocked:
            self.side.count("telegram_blocked")

    def _write_end(self, how):
        screen = self.screen
        self.side.end_wait(self.key)
        if not screen.is_end:
            self.side.count("orders_untold")
            self._write("order_untold", order=screen.order, state=screen.state)
            return
        self.side.count("orders_told")
        self._write(
            "order_told", order=screen.order, state=screen.state, how=how, price_sun=screen.price_sun,
            receiver=screen.receiver, energy=screen.energy, txid=screen.txid, reclaim_txid=screen.reclaim_txid,
            ends_at=screen.ends_at, is_free=screen.is_free)

    def _write_answer(self, status, order, code, body, seconds, final):
        self._write(
            "order_answered", status=status, order=order, code=code, body=body, gateway="telegram",
            seconds=round(seconds, 3), replayed=False, attempt=self.attempts, final=final)

    def _write(self, what, **fields):
        self.conversation.record(what, key=self.key, **fields)
