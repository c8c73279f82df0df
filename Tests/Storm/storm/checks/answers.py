"""What customers were told of their orders: it never contradicts itself, the books, or the chain."""

from storm.load.following import seconds_of

from .chain_books import delegating, reverted_orders
from .check import Check
from .findings import findings
from .orders import orders
from .order_states import STATUS
from .story import is_order, story

END_STATUSES = frozenset(["completed", "failed", "cancelled"])
#: Fields that are the same whenever an order is described.
CONSTANT = ("id", "receiver", "energy", "duration_seconds")
#: A customer's machine and the chain's producer read the same clock; an answer takes its time.
CLOCK_SECONDS = 1.0


class AnswersAgree(Check):
    """Descriptions of one order agree: what cannot change does not, and there is one end.

    That a later answer shows an earlier state is no finding: while order-svc is away, the gateway shows what it knows.
    """

    name = "answers_agree"
    promises = ("bus-9", "api")

    def run(self, evidence):
        reverted = reverted_orders(evidence)
        changed, torn = [], []
        for told in story(evidence).told.values():
            bodies = [body for _, _, body in told.sayings if is_order(body)]
            for body in bodies[1:]:
                changed += self._differences(told.order, bodies[0], body)
            statuses = {body["status"] for body in bodies}
            ends = statuses & END_STATUSES
            was_delivered = "active" in statuses and told.order not in reverted
            if len(ends) > 1 or (was_delivered and ends & {"failed", "cancelled"}):
                torn.append(f"{told.order} was said to be {', '.join(sorted(statuses))}")
        return findings("bus-9", "other", "descriptions of one order that differ", changed) + findings(
            "api", "other", "an order with two ends", torn)

    @staticmethod
    def _differences(order, first, body):
        names = list(CONSTANT)
        # A gateway that knows no more than its own row says when that was made, and no price.
        if "pending" not in (first["status"], body["status"]):
            names += ["price_sun", "created_at"]
        return [f"{order}: {name} was {first[name]} and is {body[name]}" for name in names if first[name] != body[name]]


class LastWordIsTrue(Check):
    """The last that a customer was told of an order is its end, and the end is what the books say."""

    name = "last_word_is_true"
    promises = ("bus-1", "api")

    def run(self, evidence):
        books = orders(evidence)
        unended, wrong = [], []
        for told in story(evidence).told.values():
            last, row = told.last(), books.get(told.order)
            if last is None or row is None:
                continue
            if last["status"] not in END_STATUSES:
                unended.append(f"{told.order}: {last['status']}, the books say {row['state']}")
            else:
                wrong += [f"{told.order}: {mistake}" for mistake in self.mistakes(last, row)]
        return findings("bus-13", "other", "an order whose customer never saw its end", unended) + findings(
            "api", "other", "an order whose customer was told otherwise than the books", wrong)

    @staticmethod
    def mistakes(last, row):
        expected = {
            "status": STATUS[row["state"]], "price_sun": row["price"], "receiver": row["receiver"],
            "energy": row["energy"], "duration_seconds": row["duration_seconds"], "delegate_txids": row["delegate_txs"],
            "failure": row["failure"],
        }
        for name, value in expected.items():
            said = last[name]["code"] if name == "failure" and isinstance(last[name], dict) else last[name]
            if said != value:
                yield f"{name} is said to be {said}, and is {value}"
        # The end of a rental is told when it begins to be taken back, too: the reclaims may not be known yet.
        if last["reclaim_txids"] and last["reclaim_txids"] != row["reclaim_txs"]:
            yield f"reclaim_txids are said to be {last['reclaim_txids']}, and are {row['reclaim_txs']}"
        for name in ("delivered_at", "ends_at"):
            if not same_time(last[name], row[name]):
                yield f"{name} is said to be {last[name]}, and is {row[name]}"


def same_time(text, seconds):
    """The API tells milliseconds."""
    if text is None or seconds is None:
        return text is None and seconds is None
    return abs(seconds_of(text) - seconds) < 0.002


class ActiveMeansDelegated(Check):
    """Nobody was told that it is safe to send before the energy was on the chain."""

    name = "active_means_delegated"
    promises = ("I12", "api")

    def run(self, evidence):
        chain, books, reverted = delegating(evidence), orders(evidence), reverted_orders(evidence)
        invented, early, undone = [], [], []
        for told in story(evidence).told.values():
            row = books.get(told.order)
            first = self._first_active(told)
            if first is None or row is None:
                continue
            at, body = first
            if not body["delegate_txids"]:
                invented.append(f"{told.order} names no transaction")
            for txid in body["delegate_txids"]:
                signed = chain.signed.get(txid)
                effect = chain.effects.get(txid)
                if signed is None or signed.order != told.order or signed.purpose != "delegate":
                    invented.append(f"{told.order} names {txid}, which was not signed for it")
                elif told.order in reverted:
                    continue
                elif effect is None:
                    invented.append(f"{told.order} names {txid}, which is not on the chain")
                elif effect.time_ms / 1000 > at + CLOCK_SECONDS:
                    early.append(f"{told.order} {effect.time_ms / 1000 - at:.2f} s before the block of {txid}")
            if row["state"] in ("failed", "cancelled", "rejected") and told.order not in reverted:
                undone.append(f"{told.order} ended as {row['state']}")
        return (
            findings("I12", "lost", "an order that was told to be active", invented)
            + findings("I12", "other", "an order that was told to be active too early", early)
            + findings("I12", "lost", "an order that was told to be active, and was not delivered", undone))

    @staticmethod
    def _first_active(told):
        for at, _, body in told.sayings:
            if is_order(body) and body["status"] == "active":
                return at, body
        return None


class PricesAreAsListed(Check):
    """An order costs its energy times the listed price, and never more than the customer allowed."""

    name = "prices_are_as_listed"
    promises = ("bus-9", "api")

    def run(self, evidence):
        price = evidence.settings.sun_per_energy
        wrong = [
            f"{row['id']}: {row['price']} sun for {row['energy']} energy" for row in orders(evidence).values()
            if row["price"] != row["energy"] * price and not (row["price"] == 0 and row["state"] == "rejected")]
        dear = []
        for ask in story(evidence).asks.values():
            for order in ask.orders:
                row = orders(evidence).get(order)
                if row and ask.ceiling is not None and row["price"] > ask.ceiling and row["state"] != "rejected":
                    dear.append(f"{order}: {row['price']} sun, {ask.ceiling} allowed")
        return findings("api", "other", "a wrong price", wrong) + findings(
            "api", "other", "dearer than allowed", dear)
