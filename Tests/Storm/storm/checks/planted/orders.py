"""Mistakes with orders, and with what was told of them, that the checks must find."""

import json

from ..chain_books import reverted_orders
from ..planting import one_of, pick, pick_completed, planted, replace_line
from ..story import is_order, story


def vanished_order(evidence, random):
    known = [ask for ask in story(evidence).asks.values() if ask.orders]
    order = min(one_of(random, known).orders)
    evidence.execute("delete from order_svc.orders where id = %s", (order,))
    return f"{order} is gone"


def doubled_order(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("""
        insert into order_svc.orders select (jsonb_populate_record(o, '{"id": "ord_planted"}')).*
        from order_svc.orders o where id = %s""", (row["id"],))
    return f"{row['id']} is there twice"


def two_answers(evidence, random):
    line = replace_line(
        evidence, random, "order_answered", lambda line: {"order": "ord_planted"}, lambda line: line.get("order"))
    evidence.history.append({**line, "order": "ord_planted_too"})
    return f"{line['key']} is answered with two orders"


def endless_order(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("update order_svc.orders set state = 'delegating' where id = %s", (row["id"],))
    return f"{row['id']} is still delegating"


def impossible_step(evidence, random):
    row = pick(evidence, random, """
        select key, message_id, convert_from(body, 'UTF8') as body from order_svc.outbox
        where topic = 'order.events' and convert_from(body, 'UTF8')::json->'order'->>'state' = 'active' limit 200""")
    body = json.loads(row["body"])
    body["order"]["state"] = "completed"
    evidence.execute("update order_svc.outbox set body = %s where message_id = %s", (
        json.dumps(body, separators=(",", ":")).encode(), row["message_id"]))
    return f"{row['key']} is completed before its time is over"


def forgetful_gateway(evidence, random):
    row = pick(evidence, random, "select order_id from gateway.rest_orders order by order_id limit 200")
    evidence.execute(
        "update gateway.rest_orders set snapshot = jsonb_set(snapshot, '{state}', '\"placed\"') where order_id = %s",
        (row["order_id"],))
    return f"the gateway has missed the end of {row['order_id']}"


def unasked_cancellation(evidence, random):
    asked = {told.order for told in story(evidence).told.values() if told.cancels}
    rows = evidence.sql("""
        select id from order_svc.orders where origin = 'rest' and state = 'completed' order by id limit 500""")
    free = [row["id"] for row in rows if row["id"] not in asked]
    order = one_of(random, free)
    evidence.execute("update order_svc.orders set state = 'cancelled' where id = %s", (order,))
    return f"{order} is cancelled"


def unexplained_failure(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("update order_svc.orders set state = 'failed' where id = %s", (row["id"],))
    return f"{row['id']} has failed, and nobody knows why"


def other_price(evidence, random):
    row = pick_completed(evidence, random)
    evidence.execute("update order_svc.orders set price = price + 1 where id = %s", (row["id"],))
    return f"{row['id']} costs one sun more than listed"


def other_last_word(evidence, random):
    lasts = [(told, told.last()) for told in story(evidence).told.values()]
    ended = [told.order for told, body in lasts if body is not None and body["status"] == "completed"]
    last_places = {
        line["order"]: place for place, line in enumerate(evidence.history)
        if line["what"] == "order_seen" and is_order(line["body"])}
    order = one_of(random, [order for order in ended if order in last_places])
    line = evidence.history[last_places[order]]
    evidence.history[last_places[order]] = {**line, "body": {**line["body"], "delegate_txids": ["00" * 32]}}
    return f"{order} was told another transaction"


def other_energy_told(evidence, random):
    line = replace_line(
        evidence, random, "order_seen", lambda line: {"body": {**line["body"], "energy": line["body"]["energy"] + 1}},
        lambda line: is_order(line["body"]) and len(story(evidence).told[line["order"]].sayings) > 1)
    return f"{line['order']} was told with more energy once"


def active_too_early(evidence, random):
    reverted = reverted_orders(evidence)
    line = replace_line(
        evidence, random, "order_seen", lambda line: {"at": line["at"] - 3600},
        lambda line: is_order(line["body"]) and line["body"]["status"] == "active" and line["order"] not in reverted)
    return f"{line['order']} was told to be active an hour ago"


def refused_and_made(evidence, random):
    """What an order's customer was answered becomes a refusal."""
    asks = [
        ask for ask in story(evidence).asks.values() if ask.channel == "rest" and ask.orders and not ask.is_uncertain]
    key = one_of(random, asks).key
    for place, line in enumerate(evidence.history):
        if line["what"] == "order_answered" and line["key"] == key:
            evidence.history[place] = {**line, "status": 503, "order": None, "code": "unavailable", "body": None}
    return f"whoever ordered with {key} was refused"


def replay_as_new(evidence, random):
    line = replace_line(
        evidence, random, "order_answered", lambda line: {"replayed": False}, lambda line: line.get("replayed"))
    return f"a repetition with the key {line['key']} was answered as if it were new"


def too_late_and_cancelled(evidence, random):
    asked = [
        told.order for told in story(evidence).told.values() if {status for _, status in told.cancels} == {None, 409}]
    rows = evidence.sql("select id from order_svc.orders where id = any(%s) and state = 'completed'", (asked,))
    order = one_of(random, sorted(row["id"] for row in rows))
    evidence.execute("update order_svc.orders set state = 'cancelled' where id = %s", (order,))
    evidence.history.append({
        "at": 0.0, "kind": "planted", "what": "cancel_answered", "order": order, "status": 503, "body": None})
    return f"{order} was too late to cancel, and is cancelled"


def cancelled_in_telegram(evidence, random):
    row = pick(evidence, random, """
        select id from order_svc.orders where origin = 'telegram' and state = 'completed' order by id limit 200""")
    evidence.execute("update order_svc.orders set state = 'cancelled' where id = %s", (row["id"],))
    return f"{row['id']} is cancelled, and there is no button for it"


PLANTED = [
    planted("vanished_order", "acknowledged_orders_exist", vanished_order),
    planted("doubled_order", "one_order_for_one_key", doubled_order),
    planted("two_answers", "one_order_for_one_key", two_answers),
    planted("endless_order", "orders_end", endless_order),
    planted("impossible_step", "states_follow_the_table", impossible_step),
    planted("forgetful_gateway", "recorded_orders_are_placed", forgetful_gateway),
    planted("unasked_cancellation", "cancels_hold", unasked_cancellation),
    planted("unexplained_failure", "failures_are_named", unexplained_failure),
    planted("other_price", "prices_are_as_listed", other_price),
    planted("other_last_word", "last_word_is_true", other_last_word),
    planted("other_energy_told", "answers_agree", other_energy_told),
    planted("active_too_early", "active_means_delegated", active_too_early),
    planted("refused_and_made", "unknown_outcomes", refused_and_made),
    planted("replay_as_new", "replays_are_told", replay_as_new),
    planted("too_late_and_cancelled", "cancels_hold", too_late_and_cancelled),
    planted("cancelled_in_telegram", "cancels_hold", cancelled_in_telegram),
]
