"""Customers in Telegram are told: every order's end, every notice, at least once, unless they do not want to hear."""

import collections
import html
import re

from storm.load.telegram_person import is_asked, message_of
from storm.load.telegram_screens import order_screen

from .check import Check
from .findings import findings
from .topics import union

#: An order's end in the books, and what its message then says.
ENDS = {"completed": "ended", "rejected": "rejected", "failed": "failed", "cancelled": "cancelled"}

_ORDERS = "select id, customer, state from order_svc.orders where origin = 'telegram' order by id"
_TAG = re.compile(r"<[^>]*>")
#: What was to be told so long before somebody blocked the bot may have come too late, and the bot learns that it is
#: unblocked a little later.
DEAF_SECONDS = 30


def is_blocked(evidence, user):
    """Whether this person does not want to hear from the bot at the end: nobody else goes without an order's end."""
    return bool(evidence.dialogs.get(user, {}).get("blocked"))


def deaf_times(evidence):
    """`[(from, to, users)]`: when these people had blocked the bot. Notices of that time are not sent again."""
    return [
        (line["at"] - line["seconds"] - DEAF_SECONDS, line["at"] + DEAF_SECONDS, frozenset(line["users"]))
        for line in evidence.history if line["what"] == "people_blocked"]


def could_not_hear(times, user, at):
    return any(begins <= at <= ends and user in users for begins, ends, users in times)


def customers(evidence):
    """`{customer: user id}` of the people in the storm."""
    return {person["customer"]: person["user_id"] for person in evidence.world.get("people", [])}


def last_words(evidence):
    """`{user id: {order: the state that its newest message tells which nobody asked for}}`"""
    told = {}
    for user, dialog in evidence.dialogs.items():
        newest = {}
        for message in sorted(dialog["messages"], key=lambda message: message["version"]):
            screen = order_screen(message["text"]) if message["from"] == "bot" else None
            # What somebody had to ask for is no telling.
            if screen is not None and not is_asked(message_of(message)):
                newest[screen.order] = screen.state
        told[user] = newest
    return told


class EndsTold(Check):
    """Each order's end is told without being asked for; to whoever had blocked the bot, after unblocking it."""

    name = "ends_told"
    promises = ("I5", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        people = customers(evidence)
        told = evidence.derive("last words", last_words)
        silent, wrong = [], []
        for row in evidence.sql(_ORDERS):
            user = people.get(row["customer"])
            if user is None or is_blocked(evidence, user) or row["state"] not in ENDS:
                continue
            said = told.get(user, {}).get(row["id"])
            if said is None:
                silent.append(row["id"])
            elif said != ENDS[row["state"]]:
                wrong.append(f"{row['id']} is {row['state']}, its message says {said}")
        return findings("messages", "lost", "a customer was told nothing of an order", silent) + findings(
            "messages", "lost", "an order's message does not tell its end", wrong)


class ScreensShown(Check):
    """What gateway has accepted to show is what the chat shows, unless its owner has blocked the bot. After unblocking
    it, what orders had to say is shown."""

    name = "screens_shown"
    promises = ("I5", "messages")

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        rows = evidence.sql(
            """
            select screens.id, slot, chat_id, message_id, shown_seq, last_seq, shown_hash = content_hash as is_shown,
              screen->>'html' as html, extract(epoch from screens.updated_at)::float8 as at
            from gateway.telegram_screens as screens join gateway.telegram_chats as chats on chats.id = screens.customer
            order by 1
            """)
        times = deaf_times(evidence)
        shown = {
            (user, message["message_id"]): _words(message["text"])
            for user, dialog in evidence.dialogs.items() for message in dialog["messages"] if message["from"] == "bot"}
        missing, other = [], []
        for row in rows:
            is_of_an_order = row["slot"].startswith("order:")
            if is_blocked(evidence, row["chat_id"]) or (
                    not is_of_an_order and could_not_hear(times, row["chat_id"], row["at"])):
                continue
            if row["message_id"] is None and not row["is_shown"] and row["shown_seq"] >= row["last_seq"]:
                continue  # It was shown to the last, and another slot has taken its message over.
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
        people, times = customers(evidence), deaf_times(evidence)
        wanted = collections.Counter()
        for row in evidence.sql(union(
                "select convert_from(body, 'UTF8')::jsonb as body, extract(epoch from created_at)::float8 as at "
                "from {schema}.outbox where type = 'gateway.NotifyCustomer'")):
            user = people.get(row["body"]["customer"])
            if user is not None and not could_not_hear(times, user, row["at"]) and not is_blocked(evidence, user):
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
