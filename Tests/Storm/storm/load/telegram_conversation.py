"""One conversation of a person with the bot, step by step: an input, and the screen that answers it."""

import asyncio

from storm.load import telegram_screens as screens
from storm.load.telegram_person import NotShown, Toast
from storm.load.telegram import Blocked


class Left(Exception):
    """The person gave up: the bot did not answer, or lost the thread. Nothing was ordered in this conversation."""

    def __init__(self, step, why):
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why


class Conversation:
    def __init__(self, side, kind, person):
        self.side = side
        self.kind = kind
        self.person = person
        self.random = side.random

    def record(self, what, **fields):
        person = self.person
        self.side.history.write(self.kind, what, customer=person.customer, chat=person.user_id, **fields)

    async def begin(self):
        """Reads what came since the last conversation, so that it is not taken for an answer in this one."""
        await self.person.look()

    def leave(self, left):
        self.side.count("telegram_dialogs_left")
        self.record("dialog_left", step=left.step, why=left.why)

    def leave_offer(self, offer, why):
        """The button of this confirm screen is not pressed in earnest: no order may come of it."""
        self.side.count("telegram_offers_left")
        self.record("offer_left", order=offer.order, why=why)

    async def press_blindly(self, message, data):
        """Presses a button and does not care for what happens."""
        try:
            await self.person.press(self.kind, message, data)
        except Blocked:
            self.side.count("telegram_blocked")

    async def think(self):
        """What a person needs to read and to aim."""
        await asyncio.sleep(self.random.uniform(0, self.side.settings.telegram_think_seconds))

    async def write(self, text, fits, step):
        """Sends a text; the message that answers it."""
        return await self._until_answered(lambda: self.person.write(self.kind, text), fits, step)

    async def press(self, message, data, fits, step):
        """Presses a button; the message that answers it."""
        return await self._until_answered(lambda: self.person.press(self.kind, message, data), fits, step)

    async def _until_answered(self, act, fits, step):
        """Repeats the input as a person does: when nothing happens, when the bot is busy, when it has no data."""
        settings = self.side.settings
        await self.think()
        for _ in range(settings.telegram_attempts):
            after = self.person.version
            try:
                callback = await act()
                answer = await self._answer(fits, step, callback, after)
            except Blocked:
                raise Left(step, "blocked") from None
            except NotShown:
                self.side.count("telegram_unanswered")
                continue
            if isinstance(answer, Toast):
                self.side.count("telegram_busy")
                await asyncio.sleep(settings.retry_seconds_max * self.random.random())
            elif fits(answer):
                return answer
            elif screens.begins_with(answer.text, screens.UNAVAILABLE):
                self.side.count("telegram_unavailable")
                data = answer.buttons[0]
                act = self._pressing(answer, data)
            else:
                raise Left(step, screens.title(answer.text)[:60])
        raise Left(step, "no answer")

    def _pressing(self, message, data):
        return lambda: self.person.press(self.kind, message, data)

    async def _answer(self, fits, step, callback, after):
        def is_answer(thing):
            if isinstance(thing, Toast):
                return thing.callback == callback and screens.begins_with(thing.text, screens.BUSY)
            return fits(thing) or screens.begins_with(thing.text, screens.UNAVAILABLE + LOST)

        return await self.person.shown(is_answer, step, self.side.settings.telegram_patience_seconds, after)


#: What the bot says when it does not know what the person is talking about.
LOST = screens.OUTDATED + screens.NOT_UNDERSTOOD + screens.TOO_LATE
