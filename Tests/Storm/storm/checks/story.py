"""What customers asked for and were told, gathered from the history by key and by order."""

import hashlib

import base58

#: The code of an answer that says that nobody knows yet what came of it: neither a refusal nor an acknowledgement.
UNKNOWN_CODE = "outcome_unknown"


class Ask:
    """One idempotency key of a REST client, or one confirmed dialog in Telegram."""

    __slots__ = ("key", "customer", "channel", "terms", "ceiling", "orders", "refusals", "is_uncertain", "is_answered")

    def __init__(self, key):
        self.key = key
        self.customer = None
        self.channel = None
        #: (receiver, energy, duration): one, or a client has used its key twice.
        self.terms = set()
        self.ceiling = None
        #: Ids of orders that answers named: one, or a promise is broken.
        self.orders = set()
        #: (status, code) of answers that named no order.
        self.refusals = set()
        #: Whether an attempt may have ordered without saying so.
        self.is_uncertain = False
        self.is_answered = False


class Told:
    """What was said of one order, in the order of time."""

    __slots__ = ("order", "sayings", "cancels", "endings")

    def __init__(self, order):
        self.order = order
        #: (at, key or None, body)
        self.sayings = []
        #: (at, status of HTTP or None while unanswered)
        self.cancels = []
        #: Lines of `order_told`: what a person's message said at last.
        self.endings = []

    def last(self):
        """The newest description of the order that its customer read, or else was answered; None: there was none."""
        described = [(key is None, at, body) for at, key, body in self.sayings if is_order(body)]
        return max(described, key=lambda saying: saying[:2])[2] if described else None


class Story:
    def __init__(self, history):
        self.asks = {}
        self.told = {}
        #: Lines of `deposit_paid` and of `balance_seen`.
        self.deposits = []
        self.balances = []
        for line in history:
            note = _NOTES.get(line["what"])
            if note:
                note(self, line)

    def ask(self, key):
        return self.asks.get(key) or self.asks.setdefault(key, Ask(key))

    def tell(self, order):
        return self.told.get(order) or self.told.setdefault(order, Told(order))


def story(evidence):
    """The evidence's story; made once."""
    return evidence.derive("story", lambda it: Story(it.history), of=("history",))


def is_order(body):
    """A problem about an order names it, too, and is no description of it."""
    return isinstance(body, dict) and body.get("object") == "order" and "status" in body


def terms_of(line):
    return base58_address(line["receiver"]), line["energy"], line["duration_seconds"]


def gateway_key(key):
    """The part of a row's id in gateway.rest_orders that stands for the client's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def base58_address(text):
    """The address in base58, whatever it was written in."""
    if len(text) != 42 or not text.lower().startswith("41"):
        return text
    return base58.b58encode_check(bytes.fromhex(text)).decode()


# ---------------------------------------------------------------- lines


def _sent(story, line):
    ask = story.ask(line["key"])
    ask.customer = line["customer"]
    ask.channel = line["channel"]
    ask.terms.add(terms_of(line))
    ask.ceiling = line.get("max_price_sun")


def _answered(story, line):
    ask = story.ask(line["key"])
    order = line.get("order")
    if order is None:
        if line.get("code") == UNKNOWN_CODE:
            ask.is_uncertain = True
        else:
            ask.refusals.add((line["status"], line.get("code")))
        return
    ask.orders.add(order)
    ask.is_answered = True
    story.tell(order).sayings.append((line["at"], line["key"], line.get("body")))


def _unanswered(story, line):
    if line["what"] == "order_given_up" or line.get("was_sent", True):
        story.ask(line["key"]).is_uncertain = True


def _seen(story, line):
    story.tell(line["order"]).sayings.append((line["at"], None, line["body"]))


def _cancel_answered(story, line):
    told = story.tell(line["order"])
    told.cancels.append((line["at"], line.get("status")))
    if is_order(line.get("body")):
        told.sayings.append((line["at"], None, line["body"]))


def _cancel_asked(story, line):
    story.tell(line["order"]).cancels.append((line["at"], None))


_NOTES = {
    "order_sent": _sent,
    "order_answered": _answered,
    "order_unknown": _unanswered,
    "order_given_up": _unanswered,
    "order_seen": _seen,
    "cancel_sent": _cancel_asked,
    "cancel_answered": _cancel_answered,
    "order_told": lambda story, line: story.tell(line["order"]).endings.append(line),
    "deposit_paid": lambda story, line: story.deposits.append(line),
    "balance_seen": lambda story, line: story.balances.append(line),
}
