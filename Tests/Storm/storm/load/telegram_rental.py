"""The way through the bot from nothing to the screen with the button that orders."""

import dataclasses

from storm.load import telegram_screens as screens
from storm.load.telegram_conversation import Left
from storm.load.telegram_person import Message

OTHER_AMOUNT = "v1:eo"
RENT = "v1:rent"
CONFIRM = "v1:ok:"
#: What the bot offers without typing.
COMMON_ENERGIES = (65_000, 131_000)


@dataclasses.dataclass(frozen=True)
class Offer:
    """A confirm screen."""

    message: Message
    #: The number of the order that pressing its button makes.
    order: str
    receiver: str
    energy: int
    duration_seconds: int
    price_sun: int

    @property
    def button(self):
        return CONFIRM + self.order


class Rental:
    """Each step leads from one screen to the next one; `offer` goes all of them."""

    def __init__(self, conversation):
        self.conversation = conversation
        self.random = conversation.random
        self.settings = conversation.side.settings

    async def offer(self):
        """Raises Left where the bot shows why this cannot be ordered."""
        energy = self.random.choice([*COMMON_ENERGIES, None, None])
        energies = await self.energies()
        durations, energy = await self.durations(energies, energy)
        receivers, seconds = await self.receivers(durations)
        return await self.confirm(receivers, energy, seconds)

    async def energies(self):
        """The question for an amount: by the command, or by way of the menu."""
        conversation = self.conversation
        if self.random.random() < 0.6:
            return await conversation.write("/rent", is_energies, "the question for an amount")
        menu = await conversation.write("/start", is_menu, "the menu")
        return await conversation.press(menu, RENT, is_energies, "the question for an amount")

    async def durations(self, energies, energy):
        """By a button (an amount that is on one) or typed (None: any amount). Returns the amount, too."""
        conversation, step = self.conversation, "the question for a duration"
        if energy in COMMON_ENERGIES:
            return await conversation.press(energies, f"v1:e:{energy}", is_durations, step), energy
        await conversation.press(energies, OTHER_AMOUNT, is_energy_question, "the question for a number")
        energy = self.random.randint(*self.settings.energy_range)
        return await conversation.write(self._typed(energy), is_durations, step), energy

    def _typed(self, energy):
        """A number as people type it."""
        return self.random.choice([f"{energy}", f"{energy:,}", f" {energy} ", f"{energy:,}".replace(",", " ")])

    async def receivers(self, durations):
        """Returns the duration chosen, too: one of the storm's short ones where the bot offers any."""
        offered = [int(data.rpartition(":")[2]) for data in durations.starting("v1:d:")]
        short = [seconds for seconds in offered if seconds in self.settings.rental_seconds]
        seconds = self.random.choice(short or [min(offered)])

        step = "the question for a receiver"
        return await self.conversation.press(durations, f"v1:d:{seconds}", is_receivers, step), seconds

    async def confirm(self, receivers, energy, seconds):
        """The confirm screen: for a saved address if there is one and chance wants it, else for a typed one."""
        conversation, step = self.conversation, "the confirm screen"
        saved = receivers.starting("v1:r:")
        if saved and self.random.random() < 0.4:
            button = self.random.choice(saved)
            receiver = button.removeprefix("v1:r:")
            message = await conversation.press(receivers, button, is_verdict(receiver), step)
        else:
            receiver = self.random.choice(conversation.side.world.receivers)["address"]
            message = await conversation.write(receiver, is_verdict(receiver), step)
        buttons = message.starting(CONFIRM)
        if not buttons:
            raise Left(step, message.text.split("\n")[2][:80])
        price_sun = screens.price(message.text)
        return Offer(message, buttons[0].removeprefix(CONFIRM), receiver, energy, seconds, price_sun)


def is_reply(message):
    """Any screen with buttons, but for an order's own message: that one changes whenever the order does."""
    return bool(message.buttons) and not message.has("v1:home")


def is_menu(message):
    return message.has(RENT) and message.has("v1:lang")


def is_energies(message):
    return message.has(OTHER_AMOUNT) and message.has(f"v1:e:{COMMON_ENERGIES[0]}")


def is_energy_question(message):
    return message.has(RENT) and message.has("v1:menu") and not message.has(OTHER_AMOUNT) and not message.has("v1:b")


def is_durations(message):
    return bool(message.starting("v1:d:")) and not message.starting(CONFIRM) and not message.starting("v1:r:")


def is_receivers(message):
    return screens.title(message.text) in screens.RECEIVER_TITLES


def is_verdict(receiver):
    """The confirm screen of this receiver, with its button or with the reason why there is none."""

    def fits(message):
        is_screen = screens.title(message.text) in screens.CONFIRM_TITLES | screens.PROBLEM_TITLES
        return is_screen and receiver in message.text

    return fits
