"""What must be refused in a chat: garbage, forged buttons, invalid addresses, other people's orders."""

from storm.load import telegram_screens as screens
from storm.load.telegram import Telegram
from storm.load.telegram_kind import TelegramKind
from storm.load.telegram_rental import (
    CONFIRM, OTHER_AMOUNT, Rental, is_durations, is_energy_question, is_menu)

#: Telegram's limit of a text, in UTF-16 units.
TEXT_MAX = 4096
#: In place of an address: too short, a wrong checksum, a wrong character, other chains, hexadecimal, two at once.
BAD_ADDRESSES = (
    "T",
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj60",
    "0xdAC17F958D2ee523a2206206994597C13D831ec7",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "41" + "z" * 40,
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "<code>TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t</code>",
    "ТR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
)
#: In place of an amount of energy.
BAD_AMOUNTS = ("0", "-65000", "1e9", "65000.5", "999999999999999999999", "٦٥٠٠٠", "all of it", "0x10000", "65k65k")
#: At any time.
GARBAGE = (
    "' OR 1=1; DROP TABLE orders; --",
    "<b>bold</b><script>alert(1)</script>&lt;",
    "../../../../etc/passwd",
    "😀" * 500,
    "\u202eright to left\u202c \u200b\ufeff",
    "e\u0301" * 300 + "\u0336" * 300,
    "a" * TEXT_MAX,
    "before\u0000after",
    "{{7*7}} ${HOME} %s%n",
    "\n\n\n.",
)
BAD_COMMANDS = (
    "/", "//", "/START_NOW", "/order all", "/cancel@other_bot now", "/admin", "/\u202estart")
FORGED = (
    "v1:ok:",
    "v1:ok:ord_",
    "v2:rent",
    "v1:e:-5",
    "v1:e:99999999999999999999",
    "v1:d:0",
    "v1:l:xx",
    "v1:r:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
    "v1:al:maybe",
    "v1:menu:",
    "'; drop",
    "😀" * 16,
    "\u0000",
)
NO_ORDER = "ord_" + "0" * 32


class TelegramHostile(TelegramKind):
    """What fits is the right answer, or what must never be shown. Any other screen is a late answer to what was done
    before: people repeat what has no answer, and Telegram delivers twice. Whoever never gets a fitting one gives up."""

    name = "telegram_hostile"
    weight = 1.5

    async def talk(self, conversation):
        attack = conversation.random.choice(
            [self._bad_address, self._bad_amount, self._garbage, self._command, self._forged, self._foreign])
        await attack(conversation)
        await conversation.write("/start", is_menu, "the menu, after hostile input")

    async def _bad_address(self, conversation):
        """The question comes again, and a right address still leads on."""
        rental = Rental(conversation)
        durations, energy = await rental.durations(await rental.energies(), 65_000)
        receivers, seconds = await rental.receivers(durations)
        text = conversation.random.choice(BAD_ADDRESSES)
        again = await conversation.write(
            text, lambda message: is_address_problem(message) or is_taken(message),
            "the question for an address, again")
        self._record(conversation, "bad_address", text, again, is_address_problem(again))
        if not is_address_problem(again):
            return
        offer = await rental.confirm(again, energy, seconds)
        conversation.leave_offer(offer, "left after a bad address")

    async def _bad_amount(self, conversation):
        energies = await Rental(conversation).energies()
        await conversation.press(energies, OTHER_AMOUNT, is_energy_question, "the question for a number")
        text = conversation.random.choice(BAD_AMOUNTS)
        answer = await conversation.write(
            text, lambda message: is_amount_problem(message) or is_durations(message),
            "the question for a number, again")
        self._record(conversation, "bad_amount", text, answer, is_amount_problem(answer))

    async def _garbage(self, conversation):
        await conversation.write("/cancel", is_menu, "the menu")
        text = conversation.random.choice(GARBAGE)
        answer = await conversation.write(text, is_not_understood, "an answer to garbage")
        self._record(conversation, "garbage", text, answer, True)

    async def _command(self, conversation):
        """In the middle of a rental, too: the command goes first."""
        if conversation.random.random() < 0.5:
            await Rental(conversation).energies()
        text = conversation.random.choice(BAD_COMMANDS)
        answer = await conversation.write(text, is_menu, "an answer to a command")
        self._record(conversation, "bad_command", text, answer, True)

    async def _forged(self, conversation):
        menu = await conversation.write("/menu", is_menu, "the menu")
        data = conversation.random.choice(FORGED)
        answer = await conversation.press(menu, data, does_nothing, "an answer to a forged button")
        self._record(conversation, "forged_button", data, answer, True)

    async def _foreign(self, conversation):
        """Other people's orders: neither shown nor ordered once more."""
        person = conversation.person
        orders = [order for customer, order in conversation.side.part(Telegram).orders if customer != person.customer]
        order = conversation.random.choice(orders or [NO_ORDER])
        menu = await conversation.write("/menu", is_menu, "the menu")
        shown = await conversation.press(
            menu, f"v1:ov:{order}", lambda message: is_not_found(message) or is_screen_of(message, order),
            "an answer about another's order")
        self._record(conversation, "foreign_order", order, shown, is_not_found(shown))
        confirmed = await conversation.press(
            menu, CONFIRM + order, lambda message: does_nothing(message) or is_screen_of(message, order),
            "an answer to another's Confirm")
        self._record(conversation, "foreign_confirm", order, confirmed, does_nothing(confirmed))

    def _record(self, conversation, case, tried, answer, is_right):
        """As over REST: 400 is a refusal, which is the only right answer."""
        conversation.side.count("hostile")
        conversation.record(
            "hostile", case=case, status=400 if is_right else 200, code=None, body=answer.text[:200], tried=tried[:80],
            gateway="telegram", allowed=[[400, None]])


def does_nothing(message):
    """The bot says that the button is outdated. A /menu that Telegram delivers twice may be answered in between."""
    return says(message, screens.OUTDATED) or is_menu(message)


def says(message, sentences):
    return screens.begins_with(message.text, sentences)


def is_not_understood(message):
    return says(message, screens.NOT_UNDERSTOOD)


def is_not_found(message):
    return says(message, screens.ORDER_NOT_FOUND)


def is_screen_of(message, order):
    shown = screens.order_screen(message.text)
    return shown is not None and shown.order == order


def is_taken(message):
    """The text was taken for an address: the screen to confirm, or why that cannot be ordered."""
    return screens.title(message.text) in screens.CONFIRM_TITLES | screens.PROBLEM_TITLES


def is_address_problem(message):
    return screens.is_address_problem(message.text)


def is_amount_problem(message):
    return screens.is_amount_problem(message.text)
