"""People in Telegram: whole orders, trouble on the way, and what of it is written down."""

import asyncio
import contextlib
import dataclasses
import pathlib
import random
import tempfile
import unittest
from unittest import mock

from storm.history import History, read
from storm.load.figures import Figures
from storm.load.kind import CustomerSide, Settling
from storm.load.kinds.telegram_addresses import NAMES, TelegramAddresses
from storm.load.kinds.telegram_alerts import TelegramAlerts
from storm.load.kinds.telegram_hostile import BAD_ADDRESSES, BAD_AMOUNTS, TelegramHostile
from storm.load.kinds.telegram_order import TelegramOrder
from storm.load.telegram import Blocked, NobodyFree, Telegram
from storm.load.telegram_conversation import Conversation, Left
from storm.load.telegram_ordering import PressedOrder
from storm.load.telegram_person import NotShown
from storm.load.telegram_rental import Rental, is_menu
from storm.load.world import World
from .load_kit import settings
from .telegram_kit import CUSTOMER, ORDER, RECEIVER, TXID, USER, StubTelegram, order_text, shop

CONFIRM = f"v1:ok:{ORDER}"
BUSY = "One moment, please: we are busy. Nothing was done; press again shortly."


class Talk:
    """Everything that a person needs."""

    def __init__(self, stub, folder, seed=1, **changes):
        self.path = folder / "history"
        given = {
            "telegram_think_seconds": 0.0, "telegram_patience_seconds": 5.0, "telegram_watch_seconds": 0.02,
            "telegram_poll_seconds": 0.2, "telegram_overdue_seconds": 0.2, "telegram_queue_seconds": 0.1, **changes}
        world = World(
            rest_clients=[], people=[{"user_id": USER, "customer": CUSTOMER, "language": "en"}],
            receivers=[{"address": RECEIVER, "private_key": "00"}], gateways=[], telegram_url=stub.url, tron_url="",
            payers=[])
        self.side = CustomerSide(
            settings=settings(**given), world=world, history=History(self.path), figures=Figures(), settling=Settling(),
            parts={}, random=random.Random(seed))
        self.telegram = self.side.part(Telegram)
        self.person = self.telegram.people[0]
        self.conversation = Conversation(self.side, "telegram_order", self.person)

    def change(self, **settings):
        self.side.settings = dataclasses.replace(self.side.settings, **settings)

    def lines(self, what):
        return [line for line in read(self.path) if line["what"] == what]


class TelegramTest(unittest.IsolatedAsyncioTestCase):
    @contextlib.asynccontextmanager
    async def talk(self, bot, **changes):
        stub = await StubTelegram(bot).start()
        with tempfile.TemporaryDirectory() as folder:
            talk = Talk(stub, pathlib.Path(folder), **changes)
            try:
                yield talk, stub
            finally:
                await talk.telegram.close()
                await stub.stop()
                talk.side.history.close()


def facts(lines, *names):
    return [tuple(line[name] for name in names) for line in lines]


class Conversations(TelegramTest):
    async def test_an_answer_is_a_message_that_came_after_the_input(self):
        async with self.talk(shop) as (talk, stub):
            stub.show("TRON Energy Assistant", "v1:rent", "v1:lang", message=5)
            await talk.conversation.begin()
            menu = await talk.conversation.write("/start", is_menu, "the menu")
            self.assertEqual(menu.id, 1)

    async def test_silence_is_answered_by_another_try_and_then_by_leaving(self):
        silent = {"telegram_attempts": 3, "telegram_patience_seconds": 0.1}
        async with self.talk(lambda telegram, text: None, **silent) as (talk, stub):
            with self.assertRaisesRegex(Left, "no answer"):
                await talk.conversation.write("/start", is_menu, "the menu")
            self.assertEqual(stub.inputs, ["/start"] * 3)

    async def test_missing_data_is_asked_for_again_by_its_button(self):
        def forgetful(telegram, text):
            if text == "/rent":
                telegram.show("I could not get the data just now. Nothing was ordered.", "v1:retry", "v1:menu")
            else:
                telegram.show("TRON Energy Assistant", "v1:rent", "v1:lang")

        async with self.talk(forgetful) as (talk, stub):
            await talk.conversation.write("/rent", is_menu, "the menu")
            self.assertEqual(stub.inputs, ["/rent", "v1:retry"])

    async def test_a_person_who_blocked_the_bot_leaves(self):
        async with self.talk(shop) as (talk, stub):
            stub.is_blocked = True
            with self.assertRaises(Blocked):
                await talk.person.write("telegram_order", "/start")
            with self.assertRaisesRegex(Left, "blocked"):
                await talk.conversation.write("/start", is_menu, "the menu")

    async def test_one_person_has_one_conversation(self):
        async with self.talk(shop) as (talk, stub):
            async with talk.telegram.somebody(talk.side):
                with self.assertRaises(NobodyFree):
                    async with talk.telegram.somebody(talk.side):
                        self.fail("nobody was free")
            async with talk.telegram.somebody(talk.side) as person:
                self.assertEqual(person.user_id, USER)

    async def test_nobody_reads_a_chat_in_which_nothing_is_waited_for(self):
        async with self.talk(shop) as (talk, stub):
            await talk.conversation.write("/start", is_menu, "the menu")
            await asyncio.sleep(0.3)
            polls = stub.polls
            await asyncio.sleep(0.5)
            self.assertEqual(stub.polls, polls)

    async def test_patience_ends_with_what_was_waited_for(self):
        async with self.talk(shop) as (talk, stub):
            with self.assertRaisesRegex(NotShown, "the moon"):
                await talk.person.shown(lambda thing: False, "the moon", 0.1)


class Orders(TelegramTest):
    async def offer(self, talk):
        await talk.conversation.begin()
        return await Rental(talk.conversation).offer()

    async def test_a_whole_order_is_followed_to_its_end(self):
        async with self.talk(shop) as (talk, stub):
            offer = await self.offer(talk)
            self.assertEqual((offer.order, offer.receiver, offer.price_sun), (ORDER, RECEIVER, 1_950_000))
            order = PressedOrder(talk.conversation, offer)
            self.assertTrue(await order.place())
            following = asyncio.create_task(order.follow())
            stub.show(order_text("⚡ Delivered: safe to send now", f"Transaction: {TXID}"), "v1:home", message=2)
            await asyncio.sleep(0.1)
            stub.show(order_text("🏁 Ended", f"Transaction: {TXID}"), "v1:home", message=2)
            await following
            sent, answered, told = (talk.lines(what) for what in ("order_sent", "order_answered", "order_told"))
            self.assertEqual([line["order"] for line in sent], [ORDER])
            self.assertEqual(facts(answered, "order", "status", "final"), [(ORDER, 201, True)])
            self.assertEqual(facts(told, "state", "how", "txid"), [("ended", "message", TXID)])
            self.assertEqual({line["key"] for line in sent + answered + told}, {f"telegram-{ORDER}"})
            self.assertIn(ORDER, [line.get("order") for line in talk.lines("told")])

    async def test_a_busy_bot_is_asked_again(self):
        def busy_once(telegram, text):
            if text == CONFIRM and telegram.presses(CONFIRM) == 1:
                telegram.callback = f"callback-{len(telegram.inputs) - 1}"
                telegram.toast(BUSY)
            else:
                shop(telegram, text)

        async with self.talk(busy_once, retry_seconds_max=1.0) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            self.assertTrue(await order.place())
            self.assertEqual([line["status"] for line in talk.lines("order_answered")], [503, 201])
            self.assertEqual([line["attempt"] for line in talk.lines("order_sent")], [1, 2])

    async def test_a_lost_screen_after_one_press_is_final(self):
        def forgetful(telegram, text):
            if text == CONFIRM:
                telegram.show("That button is out of date and did nothing. Here is the menu.", "v1:rent", "v1:lang")
            else:
                shop(telegram, text)

        async with self.talk(forgetful) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            self.assertFalse(await order.place())
            answered = talk.lines("order_answered")
            self.assertEqual(facts(answered, "status", "order", "final"), [(410, None, True)])

    async def test_a_silent_message_is_asked_about(self):
        def by_the_list(telegram, text):
            if text == f"v1:ov:{ORDER}":
                telegram.show(order_text("🏁 Ended"), "v1:o", "v1:menu", message=7)
            else:
                shop(telegram, text)

        async with self.talk(by_the_list) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            await order.place()
            await order.follow()
            self.assertEqual([line["how"] for line in talk.lines("order_told")], ["asked"])

    async def test_an_order_that_is_never_told_is_written_down(self):
        async with self.talk(shop) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            await order.place()
            talk.side.settling.begin(0)
            await order.follow()
            self.assertEqual([line["state"] for line in talk.lines("order_untold")], ["accepted"])

    async def test_a_press_without_reaction_is_written_down_with_the_time_it_was_waited_for(self):
        def deaf(telegram, text):
            if text != CONFIRM:
                shop(telegram, text)
            elif telegram.presses(CONFIRM) == 2:
                shop(telegram, text)

        async with self.talk(deaf) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            talk.change(telegram_patience_seconds=0.3)
            self.assertTrue(await order.place())
            self.assertGreaterEqual(talk.lines("order_unknown")[0]["seconds"], 0.3)

    async def test_who_has_given_up_waits_no_more(self):
        def deaf(telegram, text):
            if text != CONFIRM:
                shop(telegram, text)

        async with self.talk(deaf) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            talk.change(telegram_patience_seconds=0.1, telegram_attempts=2)
            with mock.patch("storm.load.telegram_ordering.PRESS_SECONDS_MAX", 5.0):
                placing = asyncio.create_task(order.place())
                while len(talk.lines("order_unknown")) < 2:
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.05)
                self.assertEqual(talk.side.figures.waiting, {})
                self.assertFalse(placing.done())
                # A late message may come all the same.
                shop(stub, CONFIRM)
                self.assertTrue(await placing)

    async def test_a_person_who_blocked_the_bot_has_pressed_nothing(self):
        async with self.talk(shop) as (talk, stub):
            order = PressedOrder(talk.conversation, await self.offer(talk))
            stub.is_blocked = True
            with mock.patch("storm.load.telegram_ordering.PRESS_SECONDS_MAX", 0.1):
                self.assertFalse(await order.place())
            self.assertEqual(talk.lines("order_unknown"), [])
            self.assertEqual(len(talk.lines("order_given_up")), 1)

    async def test_every_arrival_ends_with_an_order_or_a_screen_that_was_left(self):
        def quick(telegram, text):
            shop(telegram, text)
            if text == CONFIRM:
                telegram.show(order_text("🏁 Ended"), "v1:home", message=2)

        for seed in range(12):
            async with self.talk(quick, seed=seed) as (talk, stub):
                await TelegramOrder().run(talk.side)
                self.assertEqual(len(talk.lines("order_told")) + len(talk.lines("offer_left")), 1, seed)
                self.assertEqual(talk.lines("dialog_left"), [])


def book(telegram, text):
    """A bot with one address in its book, which does what it is told."""
    if text == "/addresses":
        telegram.show("Your addresses", f"v1:av:{RECEIVER}", "v1:an", "v1:menu", message=4)
    elif text == "v1:an":
        telegram.show("Send the TRON address to save", "v1:a", "v1:menu", message=4)
    elif text == RECEIVER:
        telegram.show(f"Saved: {RECEIVER}", f"v1:rf:{RECEIVER}", "v1:a", "v1:menu", message=5)
    elif text == f"v1:av:{RECEIVER}":
        buttons = [f"v1:{name}:{RECEIVER}" for name in ("rf", "rn", "df", "ar")]
        telegram.show(f"Address\n\n{RECEIVER}", *buttons, "v1:a", "v1:menu", message=4)
    elif text == f"v1:rn:{RECEIVER}":
        telegram.show(f"What do you call {RECEIVER}?", f"v1:av:{RECEIVER}", "v1:menu", message=4)
    elif text == f"v1:df:{RECEIVER}":
        telegram.show(f"{RECEIVER} is your default now: it is offered first", "v1:a", "v1:menu", message=4)
    elif text == f"v1:ar:{RECEIVER}":
        telegram.show(f"Removed: {RECEIVER}", "v1:a", "v1:menu", message=4)
    elif text in NAMES:
        telegram.show(f"{text} is now the name of {RECEIVER}", "v1:a", "v1:menu", message=5)
    elif text == "/alerts":
        telegram.show("Alerts\n\nDo you want a message?", "v1:al:on", "v1:al:off", "v1:menu", message=4)
    elif text.endswith((" on", ":on")):
        telegram.show("Alerts\n\nAlerts are on: you will get a message", "v1:al:off", "v1:menu", message=4)
    elif text.endswith((" off", ":off")):
        telegram.show("Alerts\n\nAlerts are off.", "v1:al:on", "v1:menu", message=4)
    else:
        shop(telegram, "/rent" if text.startswith("v1:rf:") else text)


class Books(TelegramTest):
    async def lines_of(self, kind, what, seeds):
        found = []
        for seed in range(seeds):
            async with self.talk(book, seed=seed) as (talk, stub):
                await kind.run(talk.side)
                self.assertEqual(talk.lines("dialog_left"), [], seed)
                found += talk.lines(what)
        return found

    async def test_an_address_book_is_changed_in_every_way(self):
        changes = await self.lines_of(TelegramAddresses(), "address_book", 24)
        self.assertEqual({line["change"] for line in changes}, {"add", "rename", "default", "remove"})
        self.assertEqual({line["address"] for line in changes}, {RECEIVER})

    async def test_a_change_that_was_refused_is_none(self):
        def refusing(telegram, text):
            if text == RECEIVER:
                telegram.show(f"Nothing was changed for {RECEIVER}. Please try again", "v1:a", "v1:menu", message=5)
            elif text == "/addresses":
                telegram.show("Your addresses", "v1:an", "v1:menu", message=4)
            else:
                book(telegram, text)

        async with self.talk(refusing) as (talk, stub):
            await TelegramAddresses().run(talk.side)
            self.assertEqual(talk.lines("address_book"), [])
            self.assertEqual(facts(talk.lines("dialog_left"), "step"), [("add",)])

    async def test_alerts_are_turned_on_and_off_by_command_and_by_button(self):
        lines = await self.lines_of(TelegramAlerts(), "alerts_set", 8)
        self.assertEqual({line["is_on"] for line in lines}, {True, False})
        self.assertEqual(len(lines), 8)


class Hostile(TelegramTest):
    async def attack(self, name, bot):
        async with self.talk(bot) as (talk, stub):
            talk.conversation.kind = "telegram_hostile"
            await talk.conversation.begin()
            await getattr(TelegramHostile(), name)(talk.conversation)
            return facts(talk.lines("hostile"), "case", "status")

    async def test_a_bot_that_takes_a_bad_address_is_found(self):
        def careless(telegram, text):
            shop(telegram, RECEIVER if text in BAD_ADDRESSES else text)

        self.assertEqual(await self.attack("_bad_address", careless), [("bad_address", 200)])

    async def test_a_bot_that_refuses_a_bad_address_is_right(self):
        def careful(telegram, text):
            if text in BAD_ADDRESSES:
                telegram.show(f"“{text}” is not a TRON address.", "v1:rent", "v1:menu")
            else:
                shop(telegram, text)

        self.assertEqual(await self.attack("_bad_address", careful), [("bad_address", 400)])

    async def test_a_bot_that_takes_a_bad_amount_is_found(self):
        def careless(telegram, text):
            shop(telegram, "65000" if text in BAD_AMOUNTS else text)

        self.assertEqual(await self.attack("_bad_amount", careless), [("bad_amount", 200)])


if __name__ == "__main__":
    unittest.main()
