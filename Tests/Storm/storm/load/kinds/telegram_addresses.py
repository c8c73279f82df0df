"""People keep their address book in the chat: they save an address, name it, prefer it, remove it, rent for it."""

from storm.load import telegram_screens as screens
from storm.load.telegram_conversation import Left
from storm.load.telegram_kind import TelegramKind
from storm.load.telegram_rental import is_energies

LIST = "v1:a"
ADD = "v1:an"
ONE = "v1:av:"
NAMES = ("Cold wallet", "交易所", "a", "😀 pocket", "x" * 40)


class TelegramAddresses(TelegramKind):
    name = "telegram_addresses"
    weight = 0.7

    async def talk(self, conversation):
        book = await conversation.write("/addresses", is_book, "the address book")
        saved = [data.removeprefix(ONE) for data in book.starting(ONE)]
        if not saved or (book.has(ADD) and conversation.random.random() < 0.4):
            await self._add(conversation, book)
            return
        address = conversation.random.choice(saved)
        page = await conversation.press(book, ONE + address, is_page(address), "an address of the book")
        changes = [self._rename, self._remove, self._rent]
        if page.has(f"v1:df:{address}"):
            changes.append(self._make_default)
        await conversation.random.choice(changes)(conversation, page, address)

    async def _add(self, conversation, book):
        await conversation.press(book, ADD, is_question, "the question for an address to save")
        address = conversation.random.choice(conversation.side.world.receivers)["address"]
        answer = await conversation.write(address, is_done(address), "what became of the address to save")
        self._record(conversation, "add", address, answer, screens.ADDRESS_SAVED)

    async def _rename(self, conversation, page, address):
        def is_asked(message):
            return message.has(ONE + address) and not message.has(f"v1:ar:{address}") and not is_book(message)

        await conversation.press(page, f"v1:rn:{address}", is_asked, "the question for a name")
        name = conversation.random.choice(NAMES)
        answer = await conversation.write(name, is_done(address), "what became of the name")
        self._record(conversation, "rename", address, answer, screens.ADDRESS_RENAMED)

    async def _make_default(self, conversation, page, address):
        answer = await conversation.press(page, f"v1:df:{address}", is_done(address), "what became of the default")
        self._record(conversation, "default", address, answer, screens.ADDRESS_IS_DEFAULT)

    async def _remove(self, conversation, page, address):
        answer = await conversation.press(page, f"v1:ar:{address}", is_done(address), "what became of the removal")
        self._record(conversation, "remove", address, answer, screens.ADDRESS_REMOVED)

    async def _rent(self, conversation, page, address):
        """A rental for this address: left at its first question."""
        await conversation.press(page, f"v1:rf:{address}", is_energies, "the question for an amount")

    def _record(self, conversation, change, address, answer, sentences):
        """A refusal is an answer, too: after a press that arrived twice the address may have gone."""
        if not any(sentence in answer.text for sentence in sentences):
            raise Left(change, screens.title(answer.text)[:60])
        conversation.side.count("address_books_changed")
        conversation.record("address_book", change=change, address=address)


def is_book(message):
    return screens.title(message.text) in screens.BOOK_TITLES


def is_question(message):
    return message.has(LIST) and not is_book(message)


def is_page(address):
    return lambda message: message.has(f"v1:ar:{address}")


def is_done(address):
    """Done, or refused: both speak of the address, and lead back to the book."""
    return lambda message: address in message.text and message.has(LIST) and not message.has(f"v1:ar:{address}")
