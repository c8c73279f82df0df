"""Mistakes planted in what customers read in Telegram."""

import time

from storm.load import telegram_screens as screens

from .messages import customers
from .orders import orders
from .planting import one_of, planted


def _order_messages(evidence, state):
    """(user, place, message) of the messages that tell this state of an order."""
    return [
        (user, place, message) for user, dialog in sorted(evidence.dialogs.items())
        for place, message in enumerate(dialog["messages"])
        if message["from"] == "bot" and screens.ORDER_TITLES.get(screens.title(message["text"])) == state]


def _replace_line(evidence, random, pattern, text):
    """Puts `text` in place of what the pattern finds in an ended order's message. Returns the order."""
    found = [
        (user, place, message, line) for user, place, message in _order_messages(evidence, "ended")
        for line in message["text"].split("\n") if pattern.fullmatch(line)]
    user, place, message, line = one_of(random, found)
    value = next(group for group in pattern.fullmatch(line).groups() if group is not None)
    changed = message["text"].replace(line, line.replace(value, text))
    evidence.dialogs[user]["messages"][place] = {**message, "text": changed}
    return screens.order_screen(message["text"]).order


def price_told_wrong(evidence, random):
    order = _replace_line(evidence, random, screens.ORDER_LINES["price_sun"], "0.000001")
    return f"the message of {order} names another price"


def transaction_invented(evidence, random):
    order = _replace_line(evidence, random, screens.ORDER_LINES["txid"], f"{random.getrandbits(256):064x}")
    return f"the message of {order} names a transaction that nobody sent"


def shown_to_another(evidence, random):
    found = _order_messages(evidence, "ended")
    others = [user for user in evidence.dialogs if found and user != found[0][0]]
    user = one_of(random, others)
    evidence.dialogs[user]["messages"].append(found[0][2])
    return f"{user} was shown an order of {found[0][0]}"


def left_screen_ordered(evidence, random):
    people = customers(evidence)
    ours = [row["id"] for row in orders(evidence).values() if row["customer"] in people]
    order = one_of(random, ours)
    evidence.history[:] = [line for line in evidence.history if line.get("order") != order]
    evidence.history.append({
        "at": time.time(), "kind": "planted", "what": "offer_left", "order": order, "why": "planted"})
    return f"{order} came of a screen that was left"


def deposit_not_told(evidence, random):
    rows = evidence.sql("select tx_id, customer from wallet_svc.deposits where state = 'credited' order by tx_id")
    people = customers(evidence)
    ours = [row for row in rows if row["customer"] in people]
    row = one_of(random, ours)
    dialog = evidence.dialogs[people[row["customer"]]]
    dialog["messages"] = [message for message in dialog["messages"] if row["tx_id"] not in message["text"]]
    return f"{row['customer']} was not told of {row['tx_id']}"


def waited_in_vain(evidence, random):
    evidence.history.append({
        "at": time.time(), "kind": "planted", "what": "order_untold", "order": f"ord_{random.getrandbits(128):032x}",
        "state": "delegating"})
    return "a person was never told an order's end"


PLANTED = [
    planted("price_told_wrong", "told_as_booked", price_told_wrong),
    planted("shown_to_another", "told_as_booked", shown_to_another),
    planted("transaction_invented", "told_as_delivered", transaction_invented),
    planted("left_screen_ordered", "only_confirmed_is_ordered", left_screen_ordered),
    planted("deposit_not_told", "deposits_told", deposit_not_told),
    planted("waited_in_vain", "ends_known", waited_in_vain),
]
