"""Mistakes planted for the checks of what customers met: answers over REST, messages in Telegram."""

import hashlib
import json
import time
import uuid

from storm.load.telegram_person import ASKED_BUTTON

from ..messages import ENDS, customers, is_blocked, last_words
from ..planting import one_of, planted
from ..traffic import ARRIVALS_MIN, SUCCESS, expected


def _a_told_order(evidence, random):
    """(user, order) of which a dialog tells the end."""
    told = [
        (user, order) for user, orders in sorted(last_words(evidence).items())
        for order, state in sorted(orders.items()) if state in ENDS.values()]
    return one_of(random, told)


def end_not_told(evidence, random):
    user, order = _a_told_order(evidence, random)
    dialog = evidence.dialogs[user]
    dialog["messages"] = [message for message in dialog["messages"] if order not in message["text"]]
    return f"{user} was told nothing of {order}"


def end_only_asked_for(evidence, random):
    user, order = _a_told_order(evidence, random)
    dialog = evidence.dialogs[user]
    asked = {"inline_keyboard": [[{"text": "planted", "callback_data": ASKED_BUTTON}]]}
    dialog["messages"] = [
        {**message, "reply_markup": asked} if order in message["text"] else message for message in dialog["messages"]]
    return f"{user} had to ask for the end of {order}"


def other_words_shown(evidence, random):
    user, order = _a_told_order(evidence, random)
    dialog = evidence.dialogs[user]
    dialog["messages"] = [
        {**message, "text": message["text"].replace(order, "ord_")} for message in dialog["messages"]]
    return f"{user} is shown other words than gateway has noted"


def menu_lost(evidence, random):
    """As one that was asked for after an order had taken the menu's message over."""
    people = customers(evidence)
    shown = evidence.sql("""
        select id, customer from gateway.telegram_screens
        where slot not like 'order:%' and shown_hash = content_hash order by 1""")
    row = one_of(random, [
        row for row in shown if row["customer"] in people and not is_blocked(evidence, people[row["customer"]])])
    # So late that nobody had blocked the bot.
    evidence.execute("""
        update gateway.telegram_screens
        set message_id = null, shown_hash = '', last_seq = shown_seq + 1, updated_at = now() + interval '1 hour'
        where id = %s""", (row["id"],))
    return f"{row['id']} has lost its message, and was not shown again"


def notice_lost(evidence, random):
    person = random.choice(evidence.world["people"])
    body = {"customer": person["customer"], "html": f"<b>planted</b> {random.getrandbits(64)}"}
    evidence.execute("""
        insert into session_svc.outbox (message_id, topic, stream_key, type, version, key, created_at, correlation,
          causation, traceparent, reply_to, content_type, body)
        values (%s, 'gateway.commands', '', 'gateway.NotifyCustomer', 1, %s, now() - interval '12 hours',
          '', '', '', '', '', %s)""",
        (uuid.UUID(int=random.getrandbits(128)), person["customer"], json.dumps(body).encode()))
    return f"{person['user_id']} never got a notice"


def bad_input_taken(evidence, random):
    evidence.history.append({
        "at": time.time(), "kind": "hostile", "what": "hostile", "case": "planted", "status": 201, "code": None,
        "allowed": [[422, None]]})
    return "an order for nothing was accepted"


def turned_away_for_ever(evidence, random):
    _answered(evidence, "planted", time.time(), 503)
    return "an order was answered 503 without Retry-After"


def put_off_for_ever(evidence, random):
    evidence.history.append({
        "at": time.time(), "kind": "rest_balance", "what": "put_off", "method": "GET", "path": "/v1/balance",
        "status": 429, "code": "rate_limited", "gateway": "gateway-1", "retry_after": None})
    return "a question for a balance was answered 429 without Retry-After"


def channel_dead(evidence, random):
    many = expected(evidence.history, evidence.settings.rate)
    kind = one_of(random, sorted(
        kind for kind, proves in SUCCESS.items() if many[kind] >= ARRIVALS_MIN
        and any(line["kind"] == kind and proves(line) for line in evidence.history)))
    evidence.history[:] = [line for line in evidence.history if line["kind"] != kind or not SUCCESS[kind](line)]
    return f"nobody of {kind} got what he wanted"


def error_after_commit(evidence, random):
    rows = evidence.sql("""
        select id, extract(epoch from created_at)::float8 as at from gateway.rest_orders order by id limit 100""")
    row = one_of(random, rows)
    evidence.execute(
        "update gateway.rest_orders set id = %s where id = %s",
        ("planted:" + hashlib.sha256(b"planted").hexdigest(), row["id"]))
    _answered(evidence, "planted", row["at"] + 0.1, 503, retry_after=2.0)
    return "an order was recorded and answered 503"


def _answered(evidence, key, at, status, **fields):
    evidence.history.append({
        "at": at - 0.2, "kind": "planted", "what": "order_sent", "key": key, "channel": "rest", "attempt": 1})
    evidence.history.append({
        "at": at, "kind": "planted", "what": "order_answered", "key": key, "status": status, "order": None,
        "code": "unavailable", "gateway": "gateway-1", "seconds": 0.2, "attempt": 1, **fields})


PLANTED = [
    planted("end_not_told", "ends_told", end_not_told),
    planted("end_only_asked_for", "ends_told", end_only_asked_for),
    planted("other_words_shown", "screens_shown", other_words_shown),
    planted("menu_lost", "screens_shown", menu_lost),
    planted("notice_lost", "notices_sent", notice_lost),
    planted("bad_input_taken", "refused_properly", bad_input_taken),
    planted("turned_away_for_ever", "not_now_says_when", turned_away_for_ever),
    planted("put_off_for_ever", "not_now_says_when", put_off_for_ever),
    planted("channel_dead", "every_kind_got_through", channel_dead),
    planted("error_after_commit", "no_error_after_the_commit", error_after_commit),
]
