"""Customers in Telegram are told: every order's end, every notice, at least once, unless they do not want to hear."""

import collections
import html
import re

from storm.load.telegram_screens import order_screen

from .check import Check
from .findings import findings
from .topics import union

#: An order's end in the books, and what its message then says.
ENDS = {"completed": "ended", "rejected": "rejected", "failed": "failed", "cancelled": "cancelled"}

_ORDERS = "select id, customer, state from order_svc.orders where origin = 'telegram' order by id"
_TAG = re.compile(r"<[^>]*>")


def blocked_people(evidence):
    """Users who have blocked the bot at some time: what was meant for them then may be lost, and that is recorded."""
    users = {user for user, dialog in evidence.dialogs.items() if dialog.get("blocked")}
    for line in evidence.history:
        if line["what"] == "fault" and line["fault"] == "telegram_blocked":
            users |= {int(number) for hit in line.get("hits", []) for number in re.findall(r"\d{5,}", str(hit[0]))}
    return users


def customers(evidence):
    """`{customer: user id}` of the people in the storm."""
    return {person["customer"]: person["user_id"] for person in evidence.world.get("people", [])}


def last_words(evidence):
    """`{user id: {order: the state that its newest message tells}}`"""
    told = {}
    for user, dialog in evidence.dialogs.items():
        newest = {}
        for message in sorted(dialog["messages"], key=lambda message: message["version"]):
            screen = order_screen(message["text"]) if message["from"] == "bot" else None
            if screen is not None:
                newest[screen.order] = screen.state
        told[user] = newest
    return told


class EndsTold(Check):
    name = "ends_told"
    promises = ("I5", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        people, blocked = customers(evidence), blocked_people(evidence)
        told = evidence.derive("last words", last_words)
        silent, wrong = [], []
        for row in evidence.sql(_ORDERS):
            user = people.get(row["customer"])
            if user is None or user in blocked or row["state"] not in ENDS:
                continue
            said = told.get(user, {}).get(row["id"])
            if said is None:
                silent.append(row["id"])
            elif said != ENDS[row["state"]]:
                wrong.append(f"{row['id']} is {row['state']}, its message says {said}")
        return findings("messages", "lost", "a customer was told nothing of an order", silent) + findings(
            "messages", "lost", "an order's message does not tell its end", wrong)


class ScreensShown(Check):
    """What gateway has accepted to show in a chat that can be reached is what the chat shows."""

    name = "screens_shown"
    promises = ("I5", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        blocked = blocked_people(evidence)
        rows = evidence.sql(
            """
            select screens.id, slot, chat_id, message_id, shown_seq, last_seq, shown_hash = content_hash as is_shown,
              screen->>'html' as html
            from gateway.telegram_screens as screens join gateway.telegram_chats as chats on chats.id = screens.customer
            where is_reachable order by 1
            """)
        shown = {
            (user, message["message_id"]): _words(message["text"])
            for user, dialog in evidence.dialogs.items() for message in dialog["messages"] if message["from"] == "bot"}
        missing, other = [], []
        for row in rows:
            if row["chat_id"] in blocked:
                continue
            if row["message_id"] is None and not row["is_shown"] and row["shown_seq"] >= 0:
                continue  # Another slot has taken its message over.
            if not row["is_shown"]:
                missing.append(f"{row['slot']} in chat {row['chat_id']}: shown {row['shown_seq']} of {row['last_seq']}")
            elif shown.get((row["chat_id"], row["message_id"])) != _plain(row["html"]):
                other.append(f"{row['slot']} in chat {row['chat_id']}, message {row['message_id']}")
        return findings("messages", "lost", "a screen was not shown", missing) + findings(
            "messages", "other", "a chat does not show what it is said to show", other)


class NoticesSent(Check):
    """A notice comes at least once; more often only where the storm may have hidden its answer."""

    name = "notices_sent"
    promises = ("I5", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        people, blocked = customers(evidence), blocked_people(evidence)
        wanted = collections.Counter()
        for row in evidence.sql(union(
                "select convert_from(body, 'UTF8')::jsonb as body from {schema}.outbox "
                "where type = 'gateway.NotifyCustomer'")):
            user = people.get(row["body"]["customer"])
            if user is not None and user not in blocked:
                wanted[user, _plain(row["body"]["html"])] += 1
        sent = collections.Counter(
            (user, _words(message["text"]))
            for user, dialog in evidence.dialogs.items() for message in dialog["messages"] if message["from"] == "bot")
        missing = [f"to {user}: {words[:80]}" for (user, words), count in wanted.items() if sent[user, words] < count]
        doubled = [f"to {user}: {words[:80]}" for (user, words), count in wanted.items() if sent[user, words] > count]
        has_faults = any(line["what"] == "fault" for line in evidence.history)
        return findings("messages", "lost", "a notice was not sent", missing) + findings(
            "messages", "twice", "a notice was sent twice although nothing was broken", [] if has_faults else doubled)


def _plain(source):
    """What a person reads of the HTML that was sent."""
    return _words(html.unescape(_TAG.sub("", source)))


def _words(text):
    return " ".join(text.split())
