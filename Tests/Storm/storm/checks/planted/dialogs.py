"""Mistakes planted in what customers read in Telegram."""

import time

from storm.load import telegram_screens as screens

from ..dialogs import deposits_to_tell
from ..messages import customers
from ..orders import orders
from ..planting import one_of, planted


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


def _change_text(evidence, random, state, change):
    """Changes one message of an order in this state. Returns the order."""
    user, place, message = one_of(random, _order_messages(evidence, state))
    evidence.dialogs[user]["messages"][place] = {**message, "text": change(message["text"])}
    return screens.order_screen(message["text"]).order


def other_end_told(evidence, random):
    order = _change_text(
        evidence, random, "ended", lambda text: text.replace(screens.title(text), "🚫 Cancelled", 1))
    return f"the message of {order} tells another end"


def more_transactions_told(evidence, random):
    order = _change_text(evidence, random, "ended", lambda text: f"{text}\nand 2 more")
    return f"the message of {order} tells of two transactions too many"


def ordered_at_another_time(evidence, random):
    order = _replace_line(evidence, random, screens.ORDER_LINES["placed_at"], "2026-01-31 12:00:00 UTC")
    return f"the message of {order} was ordered long ago"


def other_balance_told(evidence, random):
    found = [
        (dialog, place, message) for _, dialog in sorted(evidence.dialogs.items())
        for place, message in enumerate(dialog["messages"])
        if message["from"] == "bot" and screens.credited_notice(message["text"]) is not None]
    dialog, place, message = one_of(random, found)
    lines = message["text"].split("\n")
    number = next(number for number, line in enumerate(lines) if screens.CREDITED_BALANCE.fullmatch(line))
    told = screens.CREDITED_BALANCE.fullmatch(lines[number]).group(1)
    lines[number] = lines[number].replace(told, "0.000007")
    dialog["messages"][place] = {**message, "text": "\n".join(lines)}
    return "a notice tells another balance"


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
    user, row = one_of(random, list(deposits_to_tell(evidence)))
    dialog = evidence.dialogs[user]
    dialog["messages"] = [message for message in dialog["messages"] if row["tx_id"] not in message["text"]]
    return f"{row['customer']} was not told of {row['tx_id']}"


def waited_in_vain(evidence, random):
    evidence.history.append({
        "at": time.time(), "kind": "planted", "what": "order_untold", "order": f"ord_{random.getrandbits(128):032x}",
        "state": "delegating"})
    return "a person was never told an order's end"


PLANTED = [
    planted("price_told_wrong", "told_as_booked", price_told_wrong),
    planted("other_end_told", "told_as_booked", other_end_told),
    planted("more_transactions_told", "told_as_booked", more_transactions_told),
    planted("ordered_at_another_time", "told_as_booked", ordered_at_another_time),
    planted("other_balance_told", "deposits_told", other_balance_told),
    planted("shown_to_another", "told_as_booked", shown_to_another),
    planted("transaction_invented", "told_as_delivered", transaction_invented),
    planted("left_screen_ordered", "only_confirmed_is_ordered", left_screen_ordered),
    planted("deposit_not_told", "deposits_told", deposit_not_told),
    planted("waited_in_vain", "ends_known", waited_in_vain),
]
