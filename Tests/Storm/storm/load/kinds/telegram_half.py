"""Conversations that lead nowhere: begun and left, crossed by another command, answered by an old or double press."""

from storm.load.telegram_kind import TelegramKind
from storm.load.telegram_rental import Rental, is_energies, is_menu, is_reply

#: What people come back with.
COMMANDS = ("/balance", "/help", "/orders", "/addresses", "/menu", "/start", "/rent")


class TelegramHalf(TelegramKind):
    name = "telegram_half"
    weight = 1

    async def talk(self, conversation):
        random = conversation.random
        screens = await self._begin(conversation, steps=random.randint(1, 4))
        after = random.choice([self._leave, self._come_back, self._press_old, self._press_twice])
        await after(conversation, screens)

    async def _begin(self, conversation, steps):
        """The first steps of a rental. Returns the screens seen on the way."""
        rental = Rental(conversation)
        seen = [await rental.energies()]
        if steps > 1:
            durations, energy = await rental.durations(seen[0], 65_000)
            seen.append(durations)
        if steps > 2:
            receivers, seconds = await rental.receivers(durations)
            seen.append(receivers)
        if steps > 3:
            offer = await rental.confirm(receivers, energy, seconds)
            conversation.leave_offer(offer, "left")
            seen.append(offer.message)
        return seen

    async def _leave(self, conversation, screens):
        """Puts the telephone away. Whoever talks next as this person begins in the middle."""
        conversation.side.count("telegram_dialogs_abandoned")

    async def _come_back(self, conversation, screens):
        await conversation.write(
            conversation.random.choice(COMMANDS), is_reply, "an answer to a command")

    async def _press_old(self, conversation, screens):
        """Old keyboards can be pressed for ever; none of them may order anything."""
        menu = await conversation.write("/cancel", is_menu, "the menu")
        screen = conversation.random.choice(screens)
        data = conversation.random.choice(screen.buttons)
        await conversation.press(screen, data, is_reply, "an answer to an old button")
        await conversation.press(menu, "v1:rent", is_energies, "the question for an amount")

    async def _press_twice(self, conversation, screens):
        """Two presses at once, of which the second may find the first one's work done."""
        screen = screens[-1]
        data = conversation.random.choice([data for data in screen.buttons if not data.startswith("v1:ok:")])
        await conversation.press_blindly(screen, data)
        await conversation.press_blindly(screen, data)
        await conversation.write("/menu", is_menu, "the menu")
