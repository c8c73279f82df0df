"""People block the bot, and unblock it later."""

import asyncio
import time

from storm.faults.fault import Fault, Hit
from storm.faults.telegram_control import TelegramControl
from storm.faults.undo import to_the_end

#: So many people at least, and at most this share of all.
PEOPLE_MIN = 8
SHARE_MAX = 0.1
#: People stay away for so much longer, at most, until a message was refused: before that nothing has happened. Each
#: second more of them block the bot meanwhile, for those who did so first may have nothing to hear.
LONGER_SECONDS_MAX = 20.0
SHARE_MAX_LONGER = 0.3


class TelegramBlocked(Fault):
    name = "telegram_blocked"
    group = "telegram"
    seconds = (5.0, 25.0)
    seconds_short = (4.0, 8.0)

    async def run(self, storm, random, seconds):
        telegram = TelegramControl(storm.stack.telegram_sim)
        calls = (await telegram.get("journal"))["calls"]
        people = [person["user_id"] for person in storm.stack.world.people]
        last = max((call["number"] for call in calls), default=0)
        users = []
        began = time.monotonic()
        deadline = began + seconds + LONGER_SECONDS_MAX
        try:
            await self._block(telegram, users, choose(random, people, calls))
            await asyncio.sleep(seconds)
            while not (hits := await self._hits(telegram, users, last)) and time.monotonic() < deadline:
                if len(users) < len(people) * SHARE_MAX_LONGER:
                    calls = (await telegram.get("journal"))["calls"]
                    left = [person for person in people if person not in users]
                    await self._block(telegram, users, choose(random, left, calls)[:PEOPLE_MIN])
                await asyncio.sleep(1)
        finally:
            try:
                await to_the_end(self._unblock(telegram, users))
            finally:
                # Whoever could not hear anything, not only those to whom something was refused.
                storm.history.write("storm", "people_blocked", users=users, seconds=time.monotonic() - began)
        return hits

    async def _block(self, telegram, users, more):
        """Those who block the bot from now on are added to the others."""
        for user in more:
            users.append(user)
            await telegram.post(f"chats/{user}/block")

    async def _hits(self, telegram, users, last):
        """How many messages were really refused to each of them after the call with this number."""
        calls = [call for call in (await telegram.get("journal"))["calls"] if call["number"] > last]
        refused = {user: refusals(calls, user) for user in users}
        return [Hit(f"person {user}", count, "messages refused") for user, count in refused.items() if count]

    async def _unblock(self, telegram, users):
        for user in users:
            await telegram.post(f"chats/{user}/unblock")


def choose(random, users, calls):
    """Those to whom the bot has written last: they talk to it, or their orders are under way, so it will write again."""
    written = {str(call["parameters"].get("chat_id")): call["number"] for call in calls}
    count = min(len(users), random.randint(PEOPLE_MIN, max(PEOPLE_MIN, int(len(users) * SHARE_MAX))))
    drawn = random.sample(users, len(users))
    return sorted(drawn, key=lambda user: -written.get(str(user), 0))[:count]


def refusals(calls, user):
    return sum(call.get("error_code") == 403 and str(call["parameters"].get("chat_id")) == str(user) for call in calls)
