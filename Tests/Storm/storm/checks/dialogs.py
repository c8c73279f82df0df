"""What customers read in Telegram, compared with the books and with the chain, number by number.

The dialogs are telegram-sim's, read after the run: what a message says at last is what its customer knows.
"""

import typing

from storm.load import telegram_screens as screens

from .check import Check
from .findings import findings
from .messages import ENDS, blocked_people, customers
from .orders import orders

#: Messages tell times in whole seconds.
SECONDS_ROUNDED = 1


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
        for order, messages in told_orders(evidence.dialogs).items():
            row = books.get(order)
            if row is None:
                unknown.append(f"{order}, told to {messages[-1].user}")
                continue
            foreign += [
                f"{order} of {row['customer']}, shown to {told.user}"
                for told in messages if people.get(row["customer"], told.user) != told.user]
            wrong += [f"{order}: {text}" for told in messages for text in self._differences(told.screen, row)]
        return (
            findings("messages", "lost", "a customer was told of an order that is not in the books", unknown)
            + findings("messages", "other", "somebody else's order was shown", foreign)
            + findings("I9", "other", "a message says otherwise than the books", wrong))

    def _differences(self, screen, row):
        """A message may be older than the books: what it does not say yet is no difference."""
        said = {
            "receiver": (screen.receiver, row["receiver"]),
            "energy": (screen.energy, row["energy"]),
            "duration": (screen.duration_seconds, row["duration_seconds"]),
            "price": (screen.price_sun, row["price"]),
            "whether it costs nothing": (screen.is_free, row["charged"] == 0) if screen.is_free else (0, 0),
        }
        for name, (told, booked) in said.items():
            if told != booked:
                yield f"{name} is {told!r}, the books have {booked!r}"
        if screen.state == "ended" and row["ends_at"] is not None:
            if screen.ends_at is not None and abs(screen.ends_at - row["ends_at"]) > SECONDS_ROUNDED:
                yield f"the end is {screen.ends_at}, the books have {row['ends_at']}"
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
    """A notice names the payment that was made, and every payment to a person that was credited has its notice."""

    name = "deposits_told"
    promises = ("I7", "messages")

    def run(self, evidence):
        paid = {line["txid"]: line for line in evidence.history if line["what"] == "deposit_paid"}
        told, wrong = set(), []
        for user, notice in told_credits(evidence.dialogs):
            line = paid.get(notice.txid)
            told.add((user, notice.txid))
            if line is not None:
                made = line["address"], line["currency"], line["amount"]
                said = notice.address, notice.currency, notice.amount
                wrong += [f"{notice.txid}: paid {made}, told {said}"] if made != said else []
        missing = self._missing(evidence, told) if evidence.is_calm else []
        return findings("I7", "other", "a deposit that was told otherwise than paid", wrong) + findings(
            "messages", "lost", "a credited deposit that was not told", missing)

    def _missing(self, evidence, told):
        people, blocked = customers(evidence), blocked_people(evidence)
        rows = evidence.sql("select tx_id, customer from wallet_svc.deposits where state = 'credited' order by tx_id")
        for row in rows:
            user = people.get(row["customer"])
            if user is not None and user not in blocked and (user, row["tx_id"]) not in told:
                yield f"{row['tx_id']} of {row['customer']}"


class EndsKnown(Check):
    """Every person who waited for an order's end came to know it: the history has no order left untold."""

    name = "ends_known"
    promises = ("messages",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        told = {line["order"]: line["state"] for line in evidence.history if line["what"] == "order_told"}
        untold = [
            f"{line['order']}, last told {line['state']}" for line in evidence.history
            if line["what"] == "order_untold"]
        books = orders(evidence)
        wrong = [
            f"{order} was told {state}, and is {books[order]['state']}" for order, state in told.items()
            if order in books and ENDS.get(books[order]["state"], state) != state]
        return findings("messages", "lost", "a person waited in vain", untold) + findings(
            "messages", "other", "a person was told another end", wrong)


CHECKS = [ToldAsBooked(), ToldAsDelivered(), OnlyConfirmedIsOrdered(), DepositsTold(), EndsKnown()]
