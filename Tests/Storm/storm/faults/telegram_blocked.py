"""People block the bot, and unblock it later."""

import asyncio

from storm.faults.fault import Fault, Hit
from storm.faults.telegram_control import TelegramControl
from storm.faults.undo import to_the_end

#: At least one, at most this share of all people.
SHARE_MAX = 0.06


class TelegramBlocked(Fault):
    name = "telegram_blocked"
    group = "telegram"
    seconds = (5.0, 25.0)
    seconds_short = (4.0, 8.0)

    async def run(self, storm, random, seconds):
        telegram = TelegramControl(storm.stack.telegram_sim)
        people = storm.stack.world.people
        chosen = random.sample(people, random.randint(1, max(1, int(len(people) * SHARE_MAX))))
        users = [person["user_id"] for person in chosen]
        hits = []
        try:
            for user in users:
                await telegram.post(f"chats/{user}/block")
            await asyncio.sleep(seconds)
            hits = [await self._hit(telegram, user) for user in users]
        finally:
            await to_the_end(self._unblock(telegram, users))
        return [hit for hit in hits if hit is not None]

    async def _hit(self, telegram, user):
        """What the person has really kept away from."""
        dialog = await telegram.get(f"chats/{user}/messages?after_version={2**53}")
        if not dialog["blocked"]:
            return None
        calls = (await telegram.get("journal"))["calls"]
        refused = sum(
            call.get("error_code") == 403 and str(call["parameters"].get("chat_id")) == str(user) for call in calls)
        return Hit(f"person {user}", 1, f"messages refused: {refused}")

    async def _unblock(self, telegram, users):
        for user in users:
            await telegram.post(f"chats/{user}/unblock")
