"""What the storm's customers did and saw: one JSON object a line, written as it happens.

The checks read nothing else of the load: an answer that is not here was not seen by anybody. Fields of every line:

    at       seconds since the epoch (this machine's clock), when the line was written
    kind     the kind of traffic, e.g. "rest_order"; "storm" for the run itself
    what     below

`what`, and the fields that come with it:

    order_sent       key, customer, channel ("rest" or "telegram"), receiver, energy, duration_seconds, max_price_sun?,
                     due (when the open loop wanted it), attempt (1 …): written before each sending
    order_answered   key, status (HTTP), order (id or null), code (problem code or null), body (the answer's JSON),
                     gateway, seconds (of this attempt; in Telegram since the first press), replayed (the header
                     Idempotent-Replayed), retry_after?, attempt, final (the client asks no more)
    order_unknown    key, error, seconds, code?: this attempt had no answer that tells anything (cut, time-out, 5xx
                     after which nothing is known; with a code: 503 outcome_unknown, which says so itself)
    order_given_up   key: no attempt was answered; what became of it is unknown (a class of its own)
    order_seen       order, status, body: what GET /v1/orders/ID said; written when it differs from the time before
    cancel_sent, cancel_answered, cancel_unknown     order, …
    balance_seen     customer, available_sun, held_sun
    deposit_signed, deposit_paid, deposit_unknown
                     customer, address, currency ("TRX" or "USDT"), amount, txid: before it is sent; once it was seen
                     in a block; when it was not
    told             customer, chat, message (id), version, text, order?: what the bot showed a person
    input            customer, chat, update, text or data: what a person typed or pressed
    order_told       order, state, how ("message", or "asked": by the list of orders), what the screen said: its end is
                     known
    order_untold     order, state (told last): a person waited in vain for the end
    address_book     change ("add", "rename", "default", "remove"), address: the bot says that it is done
    alerts_set       is_on: the bot says so
    offer_left       order, why: a confirm screen that was not confirmed; no such order may exist
    foreign_shown    case, shown: what belongs to another customer
    dialog_left      step, why: a person gave up; nothing was ordered
    hostile          case, status, code, body, allowed ([[status, code], …]): an answer to input that must be refused
    put_off          method, path, status, code, gateway, retry_after: a 429 or 503 that does not say for how long
    unexpected       method, path, status, code, body: an answer that the API's description does not allow there
    not_started      traffic, due: an arrival that the load could not take upon itself
    broken           traffic, error: a defect of the harness
    phase            name ("warm-up", "calm", "storm", "quiet"), rate
    fault            fault, state ("begins", "ends"), seconds (planned, then real), hits ([[who, count, detail], …])
    people_blocked   users, seconds: these had blocked the bot for so long, and have unblocked it
    not_well         faults, seconds, waiting: so long after these, when the next were due, so many who had come since
                     waited for too long
    load             figures, unfinished (arrivals that never came to an end): once, when all customers have finished
    death            name, pid, exit_code, cause, seconds, trouble: the end of a process
    finding          promise, damage, text, where: what a look has found, or what broke down in the run itself
    sample           figures (name: number): of processes and streams, every few seconds
"""

import itertools
import json
import time

import orjson


class History:
    """Appends; every line is with the kernel when `write` returns."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "ab", buffering=0)

    def write(self, kind, what, **fields):
        line = {"at": time.time(), "kind": kind, "what": what, **fields}
        try:
            content = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:
            # Half of a surrogate pair, or a number beyond 64 bits: hostile input has them.
            content = json.dumps(line).encode() + b"\n"
        self.file.write(content)

    def close(self):
        self.file.close()


#: Lines that are parsed as one document, in which each name of a field is one object: half of the memory.
LINES_AT_ONCE = 5_000
#: Fields with few different values, of which one object each is enough.
REPEATED = ("kind", "what", "customer", "receiver", "gateway", "channel")


def whole(lines):
    """Without the one at the end of a file whose writer was killed in the middle of it."""
    return [line for line in lines if line.endswith("\n")]


def read(*paths):
    """All lines of these files, oldest first. A long run has a million."""
    lines = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            while some := whole(itertools.islice(file, LINES_AT_ONCE)):
                lines.extend(json.loads(f"[{','.join(some)}]"))
    shared = {}
    for line in lines:
        for name in REPEATED:
            value = line.get(name)
            if value is not None:
                line[name] = shared.setdefault(value, value)
    return sorted(lines, key=lambda line: line["at"])
