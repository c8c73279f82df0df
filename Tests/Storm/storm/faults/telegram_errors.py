"""Telegram asks for patience, or fails: before it has done what it was asked, or after."""

import abc
import asyncio

from storm.faults.fault import Fault
from storm.faults.telegram_control import METHODS, Refusal, TelegramControl
from storm.faults.undo import to_the_end

#: A batch of refusals follows the last one after so many seconds at most.
PAUSE_SECONDS_MAX = 1.5


class TelegramErrors(Fault):
    group = "telegram"
    seconds = (5.0, 20.0)
    seconds_short = (4.0, 8.0)

    @abc.abstractmethod
    def draw(self, random):
        """The next Refusal."""

    async def run(self, storm, random, seconds):
        telegram = TelegramControl(storm.stack.telegram_sim)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            while loop.time() < end:
                await telegram.refuse(self.draw(random))
                await asyncio.sleep(min(random.uniform(0.2, PAUSE_SECONDS_MAX), max(0.0, end - loop.time())))
        finally:
            hits = await to_the_end(telegram.calm())
        return hits


class TelegramTooFast(TelegramErrors):
    """429: come back after so many seconds."""

    name = "telegram_429"

    def draw(self, random):
        return Refusal(random.choice((*METHODS, "*")), 429, random.randint(1, 15), retry_after=random.randint(1, 3))


class TelegramFails(TelegramErrors):
    """5xx: half of the calls that fail have taken effect, and only their answer was lost."""

    name = "telegram_5xx"

    def draw(self, random):
        return Refusal(
            random.choice((*METHODS, "*")), random.choice((500, 502, 503, 504)), random.randint(1, 15),
            applied=random.random() < 0.5)
