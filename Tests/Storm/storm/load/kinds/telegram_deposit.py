"""A deposit by the address that the chat shows, and the message that it can be spent."""

from storm.load import telegram_screens as screens
from storm.load.paying import deposit
from storm.load.telegram_conversation import Left
from storm.load.telegram_kind import TelegramKind


class TelegramDeposit(TelegramKind):
    name = "telegram_deposit"
    weight = 0.7

    async def talk(self, conversation):
        """Returns the conversation and the address to pay to."""

        def is_answer(message):
            return screens.deposit_address(message.text) is not None or is_off(message)

        message = await conversation.write("/deposit", is_answer, "the deposit address")
        if is_off(message):
            raise Left("the deposit address", "no deposits are taken")
        return conversation, screens.deposit_address(message.text)

    async def afterwards(self, result):
        conversation, address = result
        await deposit(conversation.side, self.name, conversation.person.customer, address)


def is_off(message):
    return screens.begins_with(message.text, screens.DEPOSITS_OFF)
