"""People who look around: balance, orders, addresses, help, and the other language."""

from storm.load import telegram_screens as screens
from storm.load.telegram_kind import TelegramKind
from storm.load.telegram_rental import is_menu


class TelegramBalance(TelegramKind):
    name = "telegram_balance"
    weight = 1

    async def talk(self, conversation):
        look = conversation.random.choice([self._balance, self._balance, self._orders, self._help, self._language])
        await look(conversation)

    async def _balance(self, conversation):
        message = await conversation.write("/balance", is_balance, "the balance")
        balance = screens.balance_screen(message.text)
        if balance.customer != conversation.person.customer:
            conversation.record("foreign_shown", case="balance", shown=balance.customer)
        conversation.record(
            "balance_seen", available_sun=balance.available_sun, held_sun=balance.held_sun,
            available_usdt_micro=balance.usdt_micro)

    async def _orders(self, conversation):
        """The list, and one of its orders: the message says in its own words what the list says by a sign."""
        message = await conversation.write("/orders", is_orders, "the orders")
        orders = message.starting("v1:ov:")
        if orders:
            button = conversation.random.choice(orders)
            order = button.removeprefix("v1:ov:")
            await conversation.press(message, button, lambda answer: order in answer.text, "an order of the list")

    async def _help(self, conversation):
        await conversation.write("/help", lambda message: "/deposit" in message.text, "the help")

    async def _language(self, conversation):
        """The person keeps the language for the time to come."""
        message = await conversation.write("/language", lambda answer: answer.has("v1:l:zh"), "the languages")
        language = conversation.random.choice(["en", "zh"])
        await conversation.press(message, f"v1:l:{language}", is_menu, "the menu in the language chosen")
        conversation.person.language = language


def is_balance(message):
    return screens.title(message.text) in screens.BALANCE_TITLES


def is_orders(message):
    return screens.title(message.text) in screens.ORDERS_TITLES
