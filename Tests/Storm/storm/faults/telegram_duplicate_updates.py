"""Telegram hands out updates once more that the bot has confirmed already."""

import asyncio

from storm.faults.fault import Fault, Hit
from storm.faults.telegram_control import TelegramControl

#: The simulator remembers so many confirmed updates.
REMEMBERED = 1_000
#: Until a poll takes what is to be handed out again; a bot that is away may take longer than that.
TAKEN_SECONDS_MAX = 60.0


class TelegramDuplicateUpdates(Fault):
    name = "telegram_duplicate_updates"
    group = "telegram"
    seconds = (3.0, 10.0)
    seconds_short = (2.0, 5.0)

    async def run(self, storm, random, seconds):
        telegram = TelegramControl(storm.stack.telegram_sim)
        hits = []
        rounds = random.randint(2, 4)
        for _ in range(rounds):
            hits += await self._hand_out(telegram, random)
            await asyncio.sleep(seconds / rounds)
        return hits

    async def _hand_out(self, telegram, random):
        """Some of the last updates, some of them more than once."""
        _, offset = await self._last_poll(telegram)
        if offset is None:
            return []
        known = range(offset - REMEMBERED // 2, offset)
        updates = random.choices(known, k=random.randint(5, 40))
        queued = [update for update in updates if await self._queue(telegram, update)]
        if not queued or not await self._taken(telegram):
            return []
        return [Hit("telegram updates", len(queued), f"{min(queued)} to {max(queued)}")]

    async def _queue(self, telegram, update):
        """False: the simulator does not know it any more, or not yet."""
        try:
            await telegram.post("updates/duplicate", update_id=update)
        except RuntimeError as error:
            if " answered 404: " not in str(error):
                raise
            return False
        return True

    async def _last_poll(self, telegram):
        """The number of the last poll that was answered, and the update that it asked for first."""
        polls = [call for call in (await telegram.get("journal?method=getUpdates"))["calls"] if call["ok"]]
        offsets = [int(call["parameters"]["offset"]) for call in polls if "offset" in call["parameters"]]
        return (polls[-1]["number"] if polls else 0), (max(offsets) if offsets else None)

    async def _taken(self, telegram):
        """Whether a poll is answered from now on: that one, or one before it, has the updates."""
        number, _ = await self._last_poll(telegram)
        loop = asyncio.get_running_loop()
        end = loop.time() + TAKEN_SECONDS_MAX
        while loop.time() < end:
            last, _ = await self._last_poll(telegram)
            if last > number:
                return True
            await asyncio.sleep(0.2)
        return False
