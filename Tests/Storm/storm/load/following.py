"""Reading an order to its end, as a customer does: seldom while nothing can have changed."""

import asyncio
import datetime
import time

from storm.load.rentals import Rental, Rentals
from storm.load.rest import RestClient, Unanswered
from storm.load.retry import Meaning, Patience

ENDED = ("completed", "failed", "cancelled")
#: A customer looks first after this long, in seconds: mostly the energy is there.
FIRST_LOOK = (1.2, 2.0)
#: After the rental's end.
LAST_LOOK = (0.5, 2.5)
#: Between two looks while it is pending or processing, or while the end is due.
LOOK_AGAIN = (1.5, 4.0)
#: This share of customers reads a completed order again later, for the transactions that took the energy back.
SHARE_OF_CURIOUS = 0.1
CURIOUS_SECONDS = (8.0, 15.0)


class Follower:
    """Reads one order."""

    def __init__(self, side, kind, client, order, key=None, said=None):
        self.side = side
        self.kind = kind
        self.client = client
        self.order = order
        #: Under which the customer waits for the energy; None: nobody waits.
        self.key = key
        #: What was said last, as JSON.
        self.said = said or {}
        self.rest = side.part(RestClient)
        self.patience = Patience(side.settings, side.random)
        self.is_remembered = False
        self._take_note()

    @classmethod
    def of(cls, placement):
        """Of an order that was placed and answered with its id."""
        said = placement.answer.body if placement.answer.status < 300 else None
        return cls(placement.side, placement.kind, placement.client, placement.order, placement.key, said)

    @property
    def status(self):
        return self.said.get("status")

    @property
    def has_ended(self):
        return self.status in ENDED

    async def follow(self, until=ENDED):
        """Reads until the order has one of these statuses, or any end. False: the time was over before."""
        wait = self.side.random.uniform(*FIRST_LOOK)
        while self.status not in until and not self.has_ended:
            if self.status == "active":
                wait = max(wait, self.seconds_left + self.side.random.uniform(*LAST_LOOK))
            if not await self._sleep(wait):
                self.side.count("orders_not_read_to_their_end")
                return False
            wait = await self.look()
        if self.status == "completed" and self.side.random.random() < SHARE_OF_CURIOUS:
            if await self._sleep(self.side.random.uniform(*CURIOUS_SECONDS)):
                await self.look()
        return True

    async def look(self):
        """One GET. Returns how long to wait before the next."""
        path = "/v1/orders/" + self.order
        self.side.count("looks")
        try:
            answer = await self.rest.send(
                self.rest.gateways.choose(self.side.random), self.client, "GET", path)
        except Unanswered:
            self.side.count("looks_unanswered")
            return self.patience.next_wait()
        if answer.status == 200 and isinstance(answer.body, dict):
            self.patience.failures = 0
            self._see(answer.body)
            return self.side.random.uniform(*LOOK_AGAIN)
        if answer.meaning not in (Meaning.LATER, Meaning.OPEN):
            self.rest.unexpected(self.side, self.kind, "GET", path, answer)
        return self.patience.next_wait(answer.retry_after)

    @property
    def seconds_left(self):
        """Until the rental ends, as far as was said."""
        ends_at = self.said.get("ends_at")
        return seconds_of(ends_at) - time.time() if ends_at else 0.0

    def _see(self, body):
        if body == self.said:
            return
        self.said = body
        self.side.history.write(
            self.kind, "order_seen", order=self.order, customer=self.client["customer"], status=body.get("status"),
            body=body)
        self._take_note()

    def _take_note(self):
        if self.key is not None and (self.status == "active" or self.has_ended):
            self.side.end_wait(self.key)
        if self.status == "active" and self.said.get("ends_at") and not self.is_remembered:
            self.is_remembered = True
            self.side.part(Rentals).add(Rental(
                self.order, self.client["customer"], self.said["receiver"], self.said["energy"],
                seconds_of(self.said["ends_at"])))

    async def _sleep(self, seconds):
        """False: the time is over."""
        left = self.side.settling.deadline - time.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(seconds, left))
        return True


def seconds_of(text):
    """Of a time as the API writes it, since the epoch."""
    return datetime.datetime.fromisoformat(text).timestamp()
