"""What the bot's screens say is read right, in both languages, and the words are still the bot's own."""

import pathlib
import unittest

from storm.load import telegram_screens as screens

ROOT = pathlib.Path(__file__).resolve().parents[3]
TEXTS = ROOT / "Sources" / "SessionSvc" / "Domain" / "Texts"
GATEWAY_TEXTS = ROOT / "Sources" / "Gateway" / "Telegram" / "BotTexts.swift"

ORDER = "ord_0123456789abcdef0123456789abcdef"
RECEIVER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TXID, RECLAIM = "ab" * 32, "cd" * 32
CUSTOMER = "cus_0123456789abcdef0123456789abcdef"

ENDED = f"""🏁 Ended

Order {ORDER}
Receiver: {RECEIVER}
Rental: 65,000 energy for 30 s
Price: 1.95 TRX
Ordered: 2026-01-31 12:00:00 UTC

Transaction: {TXID}
and 1 more
Ends: 2026-01-31 12:00:30 UTC
Taken back with: {RECLAIM}

The rental is over. Thank you!"""
DELIVERED = f"""⚡ 已到账：现在可以安全转账

订单 {ORDER}
接收地址：{RECEIVER}
租用：131,000 能量，时长 1 小时
价格：3,930.000001 TRX
下单时间：2026-01-31 12:00:00 UTC

交易：{TXID}
另有 2 笔
结束时间：2026-01-31 13:00:00 UTC

能量已到达该地址。请在租用结束前转账。"""
FAILED = f"""❌ 未送达

订单 {ORDER}
接收地址：{RECEIVER}
租用：32,000 能量，时长 3 天
价格：0.96 TRX
下单时间：2026-01-31 12:00:00 UTC

未能及时送达能量。请重试。
没有收费，冻结的金额已退回余额。"""
ACCEPTED = f"""✅ Accepted

Order {ORDER}
Receiver: {RECEIVER}
Rental: 65,000 energy for 1 min
Price: 1.95 TRX

Your energy is being prepared. Please do not send yet; this message will change."""


class OrderScreens(unittest.TestCase):
    def test_an_ended_rental_in_english(self):
        screen = screens.order_screen(ENDED)
        self.assertEqual((screen.order, screen.state, screen.is_end), (ORDER, "ended", True))
        self.assertEqual((screen.receiver, screen.energy, screen.duration_seconds), (RECEIVER, 65_000, 30))
        self.assertEqual((screen.price_sun, screen.txid, screen.reclaim_txid), (1_950_000, TXID, RECLAIM))
        self.assertEqual(screen.ends_at - screen.placed_at, 30)
        self.assertEqual((screen.more_transactions, screen.is_free, screen.reason), (1, False, None))

    def test_a_delivery_in_chinese(self):
        screen = screens.order_screen(DELIVERED)
        self.assertEqual((screen.order, screen.state, screen.is_end), (ORDER, "delivered", False))
        self.assertEqual((screen.energy, screen.duration_seconds, screen.price_sun), (131_000, 3_600, 3_930_000_001))
        self.assertEqual((screen.txid, screen.more_transactions, screen.reclaim_txid), (TXID, 2, None))
        self.assertEqual(screen.ends_at, 1_769_864_400)

    def test_a_failure_says_why_and_that_it_is_free(self):
        screen = screens.order_screen(FAILED)
        self.assertEqual((screen.state, screen.is_end, screen.is_free), ("failed", True, True))
        self.assertEqual(screen.reason, "未能及时送达能量。请重试。")
        self.assertEqual((screen.txid, screen.ends_at), (None, None))

    def test_right_after_confirm(self):
        screen = screens.order_screen(ACCEPTED)
        self.assertEqual((screen.state, screen.is_end, screen.placed_at), ("accepted", False, None))
        self.assertEqual(screen.duration_seconds, 60)

    def test_other_screens_are_no_orders(self):
        for text in ("Your orders", "TRON Energy Assistant\n\nRent energy", ""):
            self.assertIsNone(screens.order_screen(text))

    def test_an_order_that_lacks_its_price_is_not_passed_over(self):
        with self.assertRaisesRegex(screens.UnreadableScreen, "price_sun"):
            screens.order_screen(ACCEPTED.replace("Price: 1.95 TRX\n", ""))


class OtherScreens(unittest.TestCase):
    def test_a_credited_deposit_in_both_languages(self):
        english = f"""✅ Deposit credited

12.5 USDT came to your address {RECEIVER}
Transaction: {TXID}
Balance after it: 1,020 USDT"""
        chinese = f"""✅ 充值已入账

12.5 USDT 已到达您的地址 {RECEIVER}
交易：{TXID}
入账后余额：1,020 USDT"""
        expected = screens.CreditedNotice(12_500_000, "USDT", RECEIVER, TXID, 1_020_000_000)
        for text in (english, chinese):
            self.assertEqual(screens.credited_notice(text), expected)

    def test_a_balance(self):
        english = f"""Your balance

Your balance: 12.5 TRX
In USDT: 7.25 USDT
Set aside for orders: 3.9 TRX

Your customer number: {CUSTOMER}
To top up, press Deposit. Support asks for this number."""
        self.assertEqual(
            screens.balance_screen(english), screens.BalanceScreen(12_500_000, 3_900_000, 7_250_000, CUSTOMER))
        chinese = f"您的余额\n\n您的余额：0.000001 TRX\n\n您的客户编号：{CUSTOMER}\n充值请按“充值”按钮。"
        self.assertEqual(screens.balance_screen(chinese), screens.BalanceScreen(1, 0, None, CUSTOMER))

    def test_a_deposit_address(self):
        text = f"Deposit\n\nSend TRX to this address, which is yours alone:\n{RECEIVER}\n\nFor wallets: tron:{RECEIVER}"
        self.assertEqual(screens.deposit_address(text), RECEIVER)
        self.assertIsNone(screens.deposit_address("Your balance"))
        with self.assertRaises(screens.UnreadableScreen):
            screens.deposit_address(text.replace(f"tron:{RECEIVER}", "tron:TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC"))

    def test_amounts(self):
        for text, value in (("0", 0), ("1,234.5", 1_234_500_000), ("-0.000001", -1), ("100", 100_000_000)):
            self.assertEqual(screens.millionths(text), value)

    def test_durations(self):
        cases = {"10 s": 10, "1 min": 60, "2 h": 7_200, "1 day": 86_400, "3 days": 259_200, "5 分钟": 300, "1 天": 86_400}
        for text, seconds in cases.items():
            self.assertEqual(screens.duration(text), seconds)
        with self.assertRaises(screens.UnreadableScreen):
            screens.duration("1 fortnight")


class TheBotsOwnWords(unittest.TestCase):
    """A sentence that the bot does not say any more would never be found in a chat."""

    def setUp(self):
        files = [*TEXTS.glob("TextTable+*.swift"), GATEWAY_TEXTS]
        self.assertEqual(len(files), 3)
        self.source = "".join(file.read_text(encoding="utf-8") for file in files)

    def test_titles_and_sentences_are_in_the_text_tables(self):
        titles = (
            *screens.ORDER_TITLES, *screens.FREE_SENTENCES, *screens.CONFIRM_TITLES, *screens.PROBLEM_TITLES,
            *screens.RECEIVER_TITLES, *screens.CREDITED_TITLES, *screens.DEPOSIT_TITLES, *screens.ORDERS_TITLES,
            *screens.BALANCE_TITLES)
        for title in titles:
            self.assertIn(f'"{title}"', self.source)

    def test_beginnings_are_in_the_text_tables(self):
        beginnings = (
            *screens.UNAVAILABLE, *screens.DEPOSITS_OFF, *screens.OUTDATED, *screens.NOT_UNDERSTOOD, *screens.TOO_LATE,
            *screens.ORDER_NOT_FOUND, *screens.BUSY)
        for beginning in beginnings:
            self.assertIn(f'"{beginning}', self.source)

    def test_every_state_is_told_in_both_languages(self):
        for state in set(screens.ORDER_TITLES.values()):
            titles = [title for title, told in screens.ORDER_TITLES.items() if told == state]
            self.assertEqual(len(titles), 2, state)


if __name__ == "__main__":
    unittest.main()
