"""A rental by buttons, as a customer in Telegram does it: from the menu to the end of the order's message."""

from storm.load.telegram_kind import TelegramKind
from storm.load.telegram_ordering import PressedOrder
from storm.load.telegram_rental import Rental, is_menu

#: So many change their minds at the confirm screen, press Confirm twice, press it again when it has been accepted.
DECLINING_SHARE = 0.08
DOUBLE_SHARE = 0.1
AGAIN_SHARE = 0.1


class TelegramOrder(TelegramKind):
    name = "telegram_order"
    #: Each gateway calls Telegram at most 30 times a second, as Telegram asks for, and an order is about nine calls.
    weight = 4
    is_order = True

    async def talk(self, conversation):
        """Returns the order that was accepted, if one was."""
        random = conversation.random
        offer = await Rental(conversation).offer()
        if random.random() < DECLINING_SHARE:
            await self._decline(conversation, offer)
            return None
        await conversation.think()
        order = PressedOrder(conversation, offer)
        if not await order.place(presses=2 if random.random() < DOUBLE_SHARE else 1):
            return None
        if random.random() < AGAIN_SHARE:
            await conversation.press_blindly(offer.message, offer.button)
        return order

    async def afterwards(self, order):
        await order.follow()

    async def _decline(self, conversation, offer):
        """Cancels, and presses the button of the old screen all the same: it must order nothing."""
        conversation.leave_offer(offer, "cancelled")
        await conversation.write("/cancel", is_menu, "the menu")
        if conversation.random.random() < 0.5:
            await conversation.press(offer.message, offer.button, is_menu, "the menu, for an old button")
