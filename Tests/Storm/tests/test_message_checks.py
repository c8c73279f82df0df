"""The checks of what people were told, on dialogs made by hand."""

import unittest

from storm.checks.dialogs import DepositsTold, ToldAsBooked
from storm.checks.messages import EndsTold, NoticesSent, ScreensShown, could_not_hear, deaf_times

from storm.load.telegram_person import ASKED_BUTTON

from .checks_kit import CheckTest, FakeEvidence, HandMade, row, texts

USER = 1_100_001
RECEIVER = "TGUwgdWf6t4qx866AugFvC1C18CHUbTifX"


def blocked(begins, ends, user=USER):
    """The storm's line of a person who had blocked the bot."""
    return {"at": ends, "what": "people_blocked", "users": [user + 1, user], "seconds": ends - begins}


class MessageTests(unittest.TestCase):
    ORDER = "ord_" + "1" * 32

    def evidence(self, *titles, markup=None, history=(), **dialog):
        messages = [
            {"from": "bot", "reply_markup": markup, "version": version, "message_id": version, "text": "\n".join([
                title, "", f"Order {self.ORDER}", "Receiver: TGUwgdWf6t4qx866AugFvC1C18CHUbTifX",
                "Rental: 65,000 energy for 10 s", "Price: 1.95 TRX"])}
            for version, title in enumerate(titles)]
        return HandMade(
            history=list(history), world={"people": [{"user_id": 1100001, "customer": "cus_1", "language": "en"}]},
            dialogs={1100001: {"messages": messages, "blocked": False, **dialog}},
            answers={"order_svc.orders": [{"id": self.ORDER, "customer": "cus_1", "state": "completed"}]})

    def test_the_newest_message_tells_the_end(self):
        self.assertEqual(EndsTold().run(self.evidence("⚡ Delivered: safe to send now", "🏁 Ended")), [])

    def test_silence_and_an_older_state_are_findings(self):
        self.assertEqual(len(EndsTold().run(self.evidence())), 1)
        self.assertEqual(len(EndsTold().run(self.evidence("⚡ Delivered: safe to send now"))), 1)

    def test_who_blocks_the_bot_is_told_nothing(self):
        self.assertEqual(EndsTold().run(self.evidence(blocked=True)), [])

    def test_who_has_unblocked_it_is_told(self):
        self.assertEqual(len(EndsTold().run(self.evidence(history=[blocked(100.0, 110.0)]))), 1)

    def test_an_end_that_had_to_be_asked_for_was_not_told(self):
        markup = {"inline_keyboard": [[{"text": "Back", "callback_data": ASKED_BUTTON}]]}
        self.assertEqual(texts(EndsTold().run(self.evidence("🏁 Ended", markup=markup))), [
            f"a customer was told nothing of an order: {self.ORDER}"])


class DeafTests(unittest.TestCase):
    def screen(self, slot, at=105.0, **changes):
        return {
            "id": "1", "slot": slot, "chat_id": USER, "message_id": 5, "shown_seq": 1, "last_seq": 2, "is_shown": False,
            "html": "", "at": at, **changes}

    def shown(self, slot, at=105.0, **dialog):
        evidence = HandMade(
            history=[blocked(100.0, 110.0)], dialogs={USER: {"messages": [], "blocked": False, **dialog}},
            answers={"telegram_screens": [self.screen(slot, at)]})
        return ScreensShown().run(evidence)

    def test_whoever_had_not_blocked_the_bot_is_not_excused(self):
        times = deaf_times(HandMade(history=[blocked(100.0, 110.0), {**blocked(200.0, 210.0), "users": []}]))
        self.assertEqual([could_not_hear(times, user, at) for user, at in (
            (USER, 105.0), (USER + 7, 105.0), (USER, 205.0))], [True, False, False])

    def test_everybody_who_heard_nothing_is_known_from_the_fault_s_line(self):
        evidence = HandMade(history=[blocked(100.0, 110.0)])
        (begins, ends, users), = deaf_times(evidence)
        self.assertLess(begins, 100.0)
        self.assertGreater(ends, 110.0)
        self.assertEqual(users, {USER, USER + 1})

    def test_what_an_order_has_to_say_is_shown_after_unblocking_and_other_screens_are_not(self):
        self.assertEqual(len(self.shown("order:ord_1")), 1)
        self.assertEqual(self.shown("menu"), [])
        self.assertEqual(len(self.shown("menu", at=900.0)), 1)
        self.assertEqual(self.shown("order:ord_1", blocked=True), [])

    def test_a_screen_whose_message_another_has_taken_over_is_shown_again_when_it_is_asked_for(self):
        for last, count in ((1, 0), (2, 1)):
            row = self.screen("menu", at=900.0, message_id=None, last_seq=last)
            evidence = HandMade(
                dialogs={USER: {"messages": [], "blocked": False}}, answers={"telegram_screens": [row]})
            self.assertEqual(len(ScreensShown().run(evidence)), count)

    def notices(self, at):
        evidence = HandMade(
            history=[blocked(100.0, 110.0)], dialogs={USER: {"messages": [], "blocked": False}},
            world={"people": [{"user_id": USER, "customer": "cus_1"}]},
            answers={"NotifyCustomer": [{"body": {"customer": "cus_1", "html": "<b>paid</b>"}, "at": at}]})
        return NoticesSent().run(evidence)

    def test_only_a_notice_of_that_time_is_excused(self):
        self.assertEqual(self.notices(105.0), [])
        self.assertEqual(len(self.notices(900.0)), 1)


def message(title, *lines, order="ord_" + "1" * 32, **fields):
    text = "\n".join([
        title, "", f"Order {order}", f"Receiver: {RECEIVER}", "Rental: 65,000 energy for 10 s", "Price: 1.95 TRX",
        *lines])
    return {"from": "bot", "version": 1, "message_id": 1, "text": text, **fields}


class BookedTests(CheckTest):
    TXID = "d" * 64

    def run_with(self, *messages, rows=None):
        ended = row(id="ord_" + "1" * 32, receiver=RECEIVER, delegate_txs=[self.TXID], created_at=1_790_000_000.4)
        evidence = FakeEvidence(rows or [ended])
        evidence.dialogs = {USER: {"messages": list(messages)}}
        return texts(ToldAsBooked().run(evidence))

    def test_a_message_that_says_what_the_books_say_is_no_finding(self):
        told = message("🏁 Ended", "Ordered: 2026-09-21 14:13:20 UTC", f"Transaction: {self.TXID}")
        self.assertEqual(self.run_with(told), [])

    def test_each_other_word_is_found(self):
        for title, line, name in (
                ("🚫 Cancelled", "", "its end"), ("🏁 Ended", "Ordered: 2026-01-31 12:00:00 UTC", "the time of ordering"),
                ("🏁 Ended", f"Transaction: {self.TXID}\nand 2 more", "further transactions")):
            self.assertIn(name, " ".join(self.run_with(message(title, line))))

    def test_one_sentence_stands_for_one_reason(self):
        orders = {"ord_" + "1" * 32: "deadline", "ord_" + "2" * 32: "pool_empty"}
        rows = [
            row(id=order, receiver=RECEIVER, state="failed", failure=failure, charged=0, delegate_txs=[])
            for order, failure in orders.items()]
        same = "The energy could not be delivered in time."
        free = "Nothing was charged; money set aside for it is free again."
        told = [message("❌ Not delivered", same, free, order=order) for order in orders]
        self.assertEqual(self.run_with(*told, rows=rows), [
            f"one sentence for several reasons: {same!r} for deadline, pool_empty"])
        self.assertEqual(self.run_with(told[0], rows=rows), [])


class DepositTests(unittest.TestCase):
    TXID = "e" * 64

    def run_with(self, balance):
        text = "\n".join([
            "✅ Deposit credited", f"2 TRX came to your address {RECEIVER}", f"Transaction: {self.TXID}",
            f"Balance after it: {balance} TRX"])
        lines = [
            {"id": "credit:1", "kind": "credit", "debit": "adjustments", "credit": "customer:cus_1", "currency": "TRX",
             "amount": 5_000_000},
            {"id": f"deposit:{self.TXID}", "kind": "deposit", "debit": "custody:deposits", "credit": "customer:cus_1",
             "currency": "TRX", "amount": 2_000_000}]
        evidence = HandMade(
            dialogs={USER: {"messages": [{"from": "bot", "text": text}]}},
            answers={"order by number": lines, "credited": []})
        return texts(DepositsTold().run(evidence))

    def test_the_balance_in_a_notice_is_the_one_after_this_very_deposit(self):
        self.assertEqual(self.run_with("7"), [])
        self.assertEqual(self.run_with("5"), [
            f"a deposit that was told otherwise than paid: {self.TXID}: the balance after it is told as 5000000, "
            "it was 7000000"])


if __name__ == "__main__":
    unittest.main()
