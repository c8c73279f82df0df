"""What the bot's screens say, read as a person reads them: by their words, in English and in Chinese.

The sentences stand here a second time on purpose. Whoever changes what customers are told has to change it here too,
and the checks then compare what was really shown with the books.
"""

import dataclasses
import datetime
import re

#: The first line of an order's message, and the state that it tells.
ORDER_TITLES = {
    "✅ Accepted": "accepted",
    "✅ 已受理": "accepted",
    "⏳ On its way": "delegating",
    "⏳ 正在发送": "delegating",
    "⏳ Please wait": "reverted",
    "⏳ 请稍候": "reverted",
    "⏳ Being cancelled": "cancelling",
    "⏳ 正在取消": "cancelling",
    "⚡ Delivered: safe to send now": "delivered",
    "⚡ 已到账：现在可以安全转账": "delivered",
    "🏁 Ended": "ended",
    "🏁 已结束": "ended",
    "❌ Not accepted": "rejected",
    "❌ 未受理": "rejected",
    "❌ Not delivered": "failed",
    "❌ 未送达": "failed",
    "🚫 Cancelled": "cancelled",
    "🚫 已取消": "cancelled",
}
#: Nothing follows these.
END_STATES = frozenset(["ended", "rejected", "failed", "cancelled"])
#: The customer was promised that nothing is charged.
FREE_SENTENCES = frozenset(
    [
        "No money was taken.",
        "没有扣款。",
        "Nothing was charged; money set aside for it is free again.",
        "没有收费，冻结的金额已退回余额。",
    ]
)
CONFIRM_TITLES = frozenset(["Check and confirm", "请核对并确认"])
PROBLEM_TITLES = frozenset(["This cannot be ordered", "无法下单"])
RECEIVER_TITLES = frozenset(["Which address should receive the energy?", "能量发送到哪个地址？"])
CREDITED_TITLES = frozenset(["✅ Deposit credited", "✅ 充值已入账"])
DEPOSIT_TITLES = frozenset(["Deposit", "充值"])
ORDERS_TITLES = frozenset(["Your orders", "您的订单"])
BALANCE_TITLES = frozenset(["Your balance", "您的余额"])
BOOK_TITLES = frozenset(["Your addresses", "您的地址"])
#: What the bot says of an address of the book that was changed.
ADDRESS_SAVED = ("Saved: ", "已保存：")
ADDRESS_REMOVED = ("Removed: ", "已删除：")
ADDRESS_RENAMED = (" is now the name of ", "已将 ")
ADDRESS_IS_DEFAULT = (" is your default now: ", " 已设为默认地址，")
ALERTS_ON = ("Alerts are on: ", "提醒已开启：")
ALERTS_OFF = ("Alerts are off.", "提醒已关闭。")
#: Sentences after which the same can be tried again.
UNAVAILABLE = (
    "I could not get the data just now.",
    "暂时无法获取数据",
    "Your deposit address is being prepared.",
    "正在为您准备充值地址",
)
DEPOSITS_OFF = ("This service takes no deposits.", "本服务不接受链上充值。")
OUTDATED = ("That button is out of date and did nothing.", "该按钮已过期，未执行任何操作。")
NOT_UNDERSTOOD = ("I did not understand that.", "没看懂您的消息。")
ORDER_NOT_FOUND = ("This order was not found.", "没有找到该订单。")
TOO_LATE = ("Your press reached us too late, so nothing was done.", "您的操作送达过晚，未执行任何操作。")
#: In a toast: the press was turned away.
BUSY = ("One moment, please: we are busy.", "系统繁忙，请稍候。")

ADDRESS_PROBLEM = re.compile(r"“.*”(?: is not a TRON address\.|不是 TRON 地址。)", re.DOTALL)
AMOUNT_PROBLEM = re.compile(r"“.*”(?: is not an amount of energy\.|不是有效的能量数量。)", re.DOTALL)
ADDRESS = r"T[1-9A-HJ-NP-Za-km-z]{33}"
AMOUNT = r"-?[\d,]+(?:\.\d{1,6})?"
UNIT_SECONDS = {
    "s": 1,
    "秒": 1,
    "min": 60,
    "分钟": 60,
    "h": 3_600,
    "小时": 3_600,
    "day": 86_400,
    "days": 86_400,
    "天": 86_400,
}
ORDER_LINES = {
    "order": re.compile(r"(?:Order|订单) (ord_[0-9a-f]{32})"),
    "receiver": re.compile(rf"(?:Receiver: |接收地址：)({ADDRESS})"),
    "energy": re.compile(r"(?:Rental: |租用：)([\d,]+) (?:energy for|能量，时长) .+"),
    "duration_seconds": re.compile(r"(?:Rental: .+ energy for |租用：.+，时长 )([\d,]+ .+)"),
    "price_sun": re.compile(rf"(?:Price: |价格：)({AMOUNT}) TRX"),
    "placed_at": re.compile(r"(?:Ordered: |下单时间：)(.+ UTC)"),
    "ends_at": re.compile(r"(?:Ends: |结束时间：)(.+ UTC)"),
    "txid": re.compile(r"(?:Transaction: |交易：)([0-9a-f]{64})"),
    "more_transactions": re.compile(r"(?:and (\d+) more|另有 (\d+) 笔)"),
    "reclaim_txid": re.compile(r"(?:Taken back with: |收回交易：)([0-9a-f]{64})"),
}
CREDITED_LINE = re.compile(
    rf"({AMOUNT}) (TRX|USDT) (?:came to your address|已到达您的地址) ({ADDRESS})"
)
CREDITED_BALANCE = re.compile(rf"(?:Balance after it: |入账后余额：)({AMOUNT}) (?:TRX|USDT)")
BALANCE_LINES = {
    "available_sun": re.compile(rf"(?:Your balance: |您的余额：)({AMOUNT}) TRX"),
    "usdt_micro": re.compile(rf"(?:In USDT: |USDT 余额：)({AMOUNT}) USDT"),
    "held_sun": re.compile(rf"(?:Set aside for orders: |订单冻结：)({AMOUNT}) TRX"),
    "customer": re.compile(r"(?:Your customer number: |您的客户编号：)(cus_[0-9a-f]{32})"),
}


@dataclasses.dataclass(frozen=True)
class OrderScreen:
    """What one message says of an order. None: it does not say."""

    order: str
    #: A value of ORDER_TITLES.
    state: str
    receiver: str
    energy: int
    duration_seconds: int
    price_sun: int
    #: Seconds since the epoch.
    placed_at: int | None
    ends_at: int | None
    #: The first delegation, and how many more there are.
    txid: str | None
    more_transactions: int
    reclaim_txid: str | None
    #: Whether it says that nothing was charged.
    is_free: bool
    #: The reason why it came to nothing, as a sentence.
    reason: str | None

    @property
    def is_end(self):
        return self.state in END_STATES


@dataclasses.dataclass(frozen=True)
class CreditedNotice:
    """A deposit that can be spent."""

    #: In millionths: sun, or millionths of a USDT.
    amount: int
    currency: str
    address: str
    txid: str
    balance: int


@dataclasses.dataclass(frozen=True)
class BalanceScreen:
    available_sun: int
    held_sun: int
    usdt_micro: int | None
    customer: str


class UnreadableScreen(ValueError):
    """A screen that begins as one we know and then lacks what it must say."""


def title(text):
    return text.partition("\n")[0]


def begins_with(text, sentences):
    return text.startswith(sentences)


def is_address_problem(text):
    return ADDRESS_PROBLEM.match(text) is not None


def is_amount_problem(text):
    return AMOUNT_PROBLEM.match(text) is not None


def millionths(text):
    """`1,234.5` as 1234500000."""
    negative = text.startswith("-")
    whole, _, decimals = text.lstrip("-").replace(",", "").partition(".")
    value = int(whole) * 1_000_000 + int(decimals.ljust(6, "0"))
    return -value if negative else value


def duration(text):
    """`10 s`, `3 days`, `1 小时` in seconds."""
    count, _, unit = text.partition(" ")
    if unit not in UNIT_SECONDS:
        raise UnreadableScreen(f"a duration with an unknown unit: {text!r}")
    return int(count.replace(",", "")) * UNIT_SECONDS[unit]


def moment(text):
    """`2026-01-31 12:00:00 UTC` in seconds since the epoch."""
    time = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC")
    return int(time.replace(tzinfo=datetime.timezone.utc).timestamp())


READERS = {
    "energy": lambda text: int(text.replace(",", "")),
    "duration_seconds": duration,
    "price_sun": millionths,
    "placed_at": moment,
    "ends_at": moment,
    "more_transactions": int,
}
REQUIRED = ("order", "receiver", "energy", "duration_seconds", "price_sun")


def order_screen(text):
    """The order that a message is about; None when it is about something else."""
    state = ORDER_TITLES.get(title(text))
    if state is None:
        return None
    lines = text.split("\n")
    facts = {name: _only(lines, pattern, READERS.get(name, str)) for name, pattern in ORDER_LINES.items()}
    missing = [name for name in REQUIRED if facts[name] is None]
    if missing:
        raise UnreadableScreen(f"an order's message says nothing of {', '.join(missing)}: {text!r}")
    facts["more_transactions"] = facts["more_transactions"] or 0
    is_free = any(line in FREE_SENTENCES for line in lines)
    reason = lines[-2] if is_free and len(lines) > 1 else None
    return OrderScreen(state=state, is_free=is_free, reason=reason, **facts)


def credited_notice(text):
    if title(text) not in CREDITED_TITLES:
        return None
    lines = text.split("\n")
    came = _match(lines, CREDITED_LINE)
    txid = _only(lines, ORDER_LINES["txid"], str)
    balance = _only(lines, CREDITED_BALANCE, millionths)
    if came is None or txid is None or balance is None:
        raise UnreadableScreen(f"a credited deposit lacks its amount, transaction or balance: {text!r}")
    return CreditedNotice(
        amount=millionths(came.group(1)), currency=came.group(2), address=came.group(3), txid=txid, balance=balance
    )


def balance_screen(text):
    if title(text) not in BALANCE_TITLES:
        return None
    lines = text.split("\n")
    facts = {
        name: _only(lines, pattern, str if name == "customer" else millionths)
        for name, pattern in BALANCE_LINES.items()
    }
    if facts["available_sun"] is None or facts["customer"] is None:
        raise UnreadableScreen(f"a balance without an amount or a customer: {text!r}")
    facts["held_sun"] = facts["held_sun"] or 0
    return BalanceScreen(**facts)


def price(text):
    """The price on a confirm screen, in sun."""
    found = _only(text.split("\n"), ORDER_LINES["price_sun"], millionths)
    if found is None:
        raise UnreadableScreen(f"a confirm screen without a price: {text!r}")
    return found


def deposit_address(text):
    """The address of a deposit screen; None for every other screen."""
    if title(text) not in DEPOSIT_TITLES:
        return None
    found = re.search(rf"^({ADDRESS})$", text, re.MULTILINE)
    if found is None or f"tron:{found.group(1)}" not in text:
        raise UnreadableScreen(f"a deposit screen without an address, or with a link to another: {text!r}")
    return found.group(1)


def _match(lines, pattern):
    for line in lines:
        found = pattern.fullmatch(line)
        if found:
            return found
    return None


def _only(lines, pattern, read):
    found = _match(lines, pattern)
    return None if found is None else read(next(group for group in found.groups() if group is not None))
