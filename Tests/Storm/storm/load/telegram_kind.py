"""What every kind of traffic in Telegram has in common: somebody who is free to talk, and who may give up."""

import abc

from storm.load.kind import Kind
from storm.load.telegram import NobodyFree, Telegram
from storm.load.telegram_conversation import Conversation, Left


class TelegramKind(Kind):
    async def run(self, customer_side):
        side = customer_side
        try:
            async with side.part(Telegram).somebody(side) as person:
                result = await self._talk(Conversation(side, self.name, person))
        except NobodyFree as reason:
            side.count("telegram_nobody_free")
            side.history.write(self.name, "dialog_left", step="the beginning", why=str(reason))
            return
        if result is not None:
            await self.afterwards(result)

    async def _talk(self, conversation):
        try:
            await conversation.begin()
            return await self.talk(conversation)
        except Left as left:
            conversation.leave(left)
            return None

    @abc.abstractmethod
    async def talk(self, conversation):
        """The conversation, while the person does nothing else. Returns what `afterwards` needs, or None."""

    async def afterwards(self, result):
        """What the person waits for while doing other things."""
