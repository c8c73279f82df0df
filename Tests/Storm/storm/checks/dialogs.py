"""What customers read in Telegram, compared with the books and with the chain, number by number.

The dialogs are telegram-sim's, read after the run: what a message says at last is what its customer knows.
"""

import collections
import typing

from storm.load import telegram_screens as screens

from .check import Check
from .customers import passed_balances
from .findings import findings
from .messages import ENDS, could_not_hear, customers, deaf_times, is_blocked
from .orders import orders

#: Messages tell times in whole seconds.
SECONDS_ROUNDED = 1
#: What a message that tells an end says of these states of the books.
ENDS_TOLD = {**ENDS, "ending": "ended"}


class ToldOrder(typing.NamedTuple):
    """What one message says of an order."""

    user: int
    version: int
    #: A storm.load.telegram_screens.OrderScreen.
    screen: object


def told_orders(dialogs):
    """`{order: [ToldOrder]}`, the newest last: an order may have been sent twice, and asked for besides."""
    told = {}
    for user, dialog in dialogs.items():
        for message in dialog["messages"]:
            screen = screens.order_screen(message["text"]) if message["from"] == "bot" else None
            if screen is not None:
                told.setdefault(screen.order, []).append(ToldOrder(user, message["version"], screen))
    for messages in told.values():
        messages.sort(key=lambda message: message.version)
    return told


def told_credits(dialogs):
    """(user, CreditedNotice) of every message that says that a deposit has come."""
    for user, dialog in dialogs.items():
        for message in dialog["messages"]:
            notice = screens.credited_notice(message["text"]) if message["from"] == "bot" else None
            if notice is not None:
                yield user, notice


class ToldAsBooked(Check):
    """Whose order it is, what was rented, its price, transactions and end: a message says what the books say."""

    name = "told_as_booked"
    promises = ("I5", "I9", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        books, people = orders(evidence), customers(evidence)
        wrong, foreign, unknown = [], [], []
        codes = collections.defaultdict(set)
        for order, messages in told_orders(evidence.dialogs).items():
            row = books.get(order)
            if row is None:
                unknown.append(f"{order}, told to {messages[-1].user}")
                continue
            foreign += [
                f"{order} of {row['customer']}, shown to {told.user}"
                for told in messages if people.get(row["customer"], told.user) != told.user]
            wrong += [f"{order}: {text}" for told in messages for text in self._differences(told.screen, row)]
            for told in messages:
                if told.screen.reason is not None:
                    codes[told.screen.reason].add(row["failure"])
        return (
            findings("messages", "lost", "a customer was told of an order that is not in the books", unknown)
            + findings("messages", "other", "somebody else's order was shown", foreign)
            + findings("I9", "other", "a message says otherwise than the books", wrong)
            + findings("messages", "other", "one sentence for several reasons", (
                f"{reason!r} for {', '.join(sorted(map(str, failures)))}"
                for reason, failures in codes.items() if len(failures) > 1)))

    def _differences(self, screen, row):
        """A message may be older than the books: what it does not say yet is no difference."""
        said = {
            "receiver": (screen.receiver, row["receiver"]),
            "energy": (screen.energy, row["energy"]),
            "duration": (screen.duration_seconds, row["duration_seconds"]),
            "price": (screen.price_sun, row["price"]),
            "whether it costs nothing": (screen.is_free, row["charged"] == 0) if screen.is_free else (0, 0),
            "its end": (screen.state, ENDS_TOLD.get(row["state"])) if screen.is_end else (0, 0),
        }
        if screen.is_end and screen.txid is not None:
            said["the number of further transactions"] = screen.more_transactions, len(row["delegate_txs"]) - 1
        for name, (told, booked) in said.items():
            if told != booked:
                yield f"{name} is {told!r}, the books have {booked!r}"
        times = {"the time of ordering": (screen.placed_at, row["created_at"])}
        if screen.state == "ended":
            times["the end"] = screen.ends_at, row["ends_at"]
        for name, (told, booked) in times.items():
            if None not in (told, booked) and abs(told - booked) > SECONDS_ROUNDED:
                yield f"{name} is {told}, the books have {booked}"
        for name, told in (("delegate_txs", screen.txid), ("reclaim_txs", screen.reclaim_txid)):
            if told is not None and screen.is_end and told not in row[name]:
                yield f"{told} is not among the books' {name}"


class ToldAsDelivered(Check):
    """Of an order that was told to have ended the chain has the very transactions that its message names."""

    name = "told_as_delivered"
    promises = ("I9", "I11", "I12")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        effects = {effect.txid: effect for effect in evidence.chain.delegations()}
        wrong = []
        for order, messages in told_orders(evidence.dialogs).items():
            screen = messages[-1].screen
            if screen.state != "ended":
                continue
            for txid, is_delegate in ((screen.txid, True), (screen.reclaim_txid, False)):
                effect = effects.get(txid)
                if txid is None:
                    continue
                if effect is None or effect.is_delegate is not is_delegate or effect.receiver != screen.receiver:
                    wrong.append(f"{order} names {txid} for {screen.receiver}; the chain has {effect}")
        return findings("I11", "other", "a message names a transaction that is not on the chain", wrong)


class OnlyConfirmedIsOrdered(Check):
    """Nobody in Telegram has an order whose button was not pressed: no cancelled screen orders, and no forged one."""

    name = "only_confirmed_is_ordered"
    promises = ("bus-9",)

    def run(self, evidence):
        people = customers(evidence)
        pressed = {
            line["order"] for line in evidence.history
            if line["what"] == "order_sent" and line["channel"] == "telegram"}
        left = {line["order"] for line in evidence.history if line["what"] == "offer_left"}
        booked = [row for row in orders(evidence).values() if row["customer"] in people]
        seen = [
            f"{line['shown']} was shown to {line['customer']}" for line in evidence.history
            if line["what"] == "foreign_shown"]
        return (
            findings("bus-9", "twice", "an order of a screen that was left", (
                f"{row['id']} of {row['customer']}" for row in booked if row["id"] in left))
            + findings("bus-9", "twice", "an order in Telegram that nobody confirmed", (
                f"{row['id']} of {row['customer']}" for row in booked if row["id"] not in pressed | left))
            + findings("messages", "other", "somebody else's number", seen))


class DepositsTold(Check):
    """A notice names the payment that was made and the balance after it, and every payment to a person that was
    credited has its notice."""

    name = "deposits_told"
    promises = ("I7", "messages")

    def run(self, evidence):
        paid = {line["txid"]: line for line in evidence.history if line["what"] == "deposit_paid"}
        told, wrong = set(), []
        notices = list(told_credits(evidence.dialogs))
        after = passed_balances(evidence).after_deposit if notices else {}
        for user, notice in notices:
            line = paid.get(notice.txid)
            told.add((user, notice.txid))
            if line is not None:
                made = line["address"], line["currency"], line["amount"]
                said = notice.address, notice.currency, notice.amount
                wrong += [f"{notice.txid}: paid {made}, told {said}"] if made != said else []
            if notice.balance != after.get(notice.txid):
                wrong.append(f"{notice.txid}: the balance after it is told as {notice.balance}, "
                             f"it was {after.get(notice.txid)}")
        missing = [
            f"{row['tx_id']} of {row['customer']}" for user, row in deposits_to_tell(evidence)
            if (user, row["tx_id"]) not in told] if evidence.is_calm else []
        return findings("I7", "other", "a deposit that was told otherwise than paid", wrong) + findings(
            "messages", "lost", "a credited deposit that was not told", missing)


def deposits_to_tell(evidence):
    """(user, row of the deposit) of each credited deposit of a person who was to be told of it and could hear it."""
    people, times = customers(evidence), deaf_times(evidence)
    rows = evidence.sql("""
        select d.tx_id, d.customer, extract(epoch from min(j.created_at))::float8 as at
        from wallet_svc.deposits d left join wallet_svc.journal j on j.id = 'deposit:' || d.id
        where d.state = 'credited' group by 1, 2 order by 1""")
    for row in rows:
        user = people.get(row["customer"])
        if user is None or is_blocked(evidence, user):
            continue
        if row["at"] is None or not could_not_hear(times, user, row["at"]):
            yield user, row


class EndsKnown(Check):
    """Every person who waited for an order's end came to know it: the history has no order left untold."""

    name = "ends_known"
    promises = ("messages",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        return findings("messages", "lost", "a person waited in vain", (
            f"{line['order']}, last told {line['state']}" for line in evidence.history
            if line["what"] == "order_untold"))
