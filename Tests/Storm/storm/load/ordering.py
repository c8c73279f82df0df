"""Orders over REST, as a customer places them: one key, sent until it is known what became of it."""

import asyncio
import dataclasses
import json
import time
import uuid

import base58

from storm.load.products import Products
from storm.load.rest import RestClient, Unanswered
from storm.load.retry import Meaning, Patience

#: What customers rent mostly: a transfer of USDT to an address that holds some, and to one that holds none.
USUAL_ENERGY = (65_000, 131_000)


@dataclasses.dataclass(frozen=True)
class Terms:
    """What is ordered."""

    receiver: str
    energy: int
    duration_seconds: int
    max_price_sun: int | None = None

    @classmethod
    def draw(cls, side):
        """As customers order: mostly the usual amounts, sometimes odd ones; some say what they would pay."""
        random, settings = side.random, side.settings
        low, high = settings.energy_range
        energy = random.choice(USUAL_ENERGY) if random.random() < 0.7 else random.randint(low, high)
        energy = min(high, max(low, energy))
        duration = random.choice(settings.rental_seconds)
        price = side.part(Products).price(energy, duration) if random.random() < 0.2 else None
        return cls(random.choice(side.world.receivers)["address"], energy, duration, price)

    def body(self):
        """The request's JSON."""
        return json.dumps(self.fields(self.receiver)).encode()

    def body_respelt(self):
        """The same request in other words: another order of fields, the address in hexadecimal, and spaces."""
        fields = self.fields(base58.b58decode_check(self.receiver).hex())
        return json.dumps(dict(reversed(fields.items())), indent=2).encode()

    def fields(self, receiver):
        """Of the request, by name."""
        fields = {"receiver": receiver, "energy": self.energy, "duration_seconds": self.duration_seconds}
        if self.max_price_sun is not None:
            fields["max_price_sun"] = self.max_price_sun
        return fields


class Placement:
    """One order under one key."""

    def __init__(self, side, kind, client, terms):
        self.side = side
        self.kind = kind
        self.client = client
        self.terms = terms
        self.key = str(uuid.UUID(int=side.random.getrandbits(128), version=4))
        self.rest = side.part(RestClient)
        self.patience = Patience(side.settings, side.random)
        self.began = time.monotonic()
        self.attempts = 0
        self.refusals = 0
        #: Whether an attempt may have reached a gateway without being answered: then "not now" is no answer.
        self.is_uncertain = False
        #: The Answer that decided, if any.
        self.answer = None

    @property
    def order(self):
        """The order's id, as far as it was told."""
        return order_of(self.answer)

    async def place(self, copies=1):
        """Sends until it is decided; the first time so many copies at once, through different gateways. Returns the
        Answer; None: refused for now, or never answered."""
        self.side.count("orders_sent")
        self.side.begin_wait(self.key)
        gateways = self.rest.gateways.several(copies, self.side.random)
        results = await asyncio.gather(*map(self.send, gateways))
        gateway, result = gateways[-1], results[-1]
        while self.answer is None:
            if self._gives_in():
                self.side.count("orders_refused")
                break
            if not await self._wait(result):
                break
            gateway = self.rest.gateways.choose(self.side.random, but=(gateway,))
            result = await self.send(gateway)
        if self.answer is None or self.order is None:
            self.side.end_wait(self.key)
        return self.answer

    async def send(self, gateway, is_respelt=False):
        """One attempt; written down in full. Returns its Answer, or the Unanswered that came instead."""
        self.attempts += 1
        attempt = self.attempts
        self._write_sent(attempt)
        try:
            answer = await self.rest.send(gateway, self.client, "POST", "/v1/orders", *self._request(is_respelt))
        except Unanswered as error:
            self.is_uncertain = self.is_uncertain or error.was_sent
            self.side.count("attempts_unanswered")
            self._write("order_unknown", error=str(error), gateway=gateway, seconds=round(error.seconds, 3),
                        attempt=attempt, was_sent=error.was_sent)
            return error
        self._note(answer, attempt)
        return answer

    def _request(self, is_respelt):
        """Body and headers; respelt: the same request in other words."""
        if is_respelt:
            return self.terms.body_respelt(), {"Idempotency-Key": f'"{self.key}"'}
        return self.terms.body(), {"Idempotency-Key": self.key}

    def _write(self, what, **fields):
        self.side.history.write(self.kind, what, key=self.key, customer=self.client["customer"], **fields)

    def _write_sent(self, attempt):
        fields = self.terms.fields(self.terms.receiver)
        self._write("order_sent", channel="rest", due=self.side.due, attempt=attempt, **fields)

    def _note(self, answer, attempt):
        """Writes an answer down, and keeps the first that decides."""
        if answer.meaning is Meaning.OPEN:
            self._note_unknown(answer, attempt, code=answer.code, retry_after=answer.retry_after)
            return
        if answer.meaning is Meaning.UNKNOWN:
            self.rest.unexpected(self.side, self.kind, "POST", "/v1/orders", answer)
            self._note_unknown(answer, attempt)
            return
        self.refusals += answer.meaning is Meaning.LATER
        is_final = answer.meaning is Meaning.FINAL or self._gives_in()
        self._write(
            "order_answered", status=answer.status, order=order_of(answer), code=answer.code, body=answer.body,
            gateway=answer.gateway, seconds=round(answer.seconds, 3), replayed=answer.is_replayed, attempt=attempt,
            retry_after=answer.retry_after, final=is_final)
        if answer.meaning is not Meaning.FINAL:
            self.side.count("attempts_put_off")
        elif self.answer is None:
            self.answer = answer
            self.side.count("orders_accepted" if answer.status < 300 else "orders_declined")

    def _note_unknown(self, answer, attempt, **fields):
        """An answer that neither acknowledges nor refuses: only sending it again can tell."""
        self.is_uncertain = True
        self.side.count("attempts_left_open")
        self._write("order_unknown", error=f"status {answer.status}", gateway=answer.gateway,
                    seconds=round(answer.seconds, 3), attempt=attempt, was_sent=True, **fields)

    def _gives_in(self):
        """A customer takes "not now" for an answer after some times, unless an attempt may have ordered after all."""
        return not self.is_uncertain and self.refusals >= self.side.settings.refusals_max

    async def _wait(self, result):
        """After the attempt with this result, before the next one. False: there is none, as the time is over."""
        settling = self.side.settling
        if settling.is_over:
            self.side.count("orders_given_up")
            self._write("order_given_up")
            return False
        is_tired = time.monotonic() - self.began > self.side.settings.unanswered_seconds_max
        if is_tired and not settling.is_set():
            # Nobody stands waiting for that long: it is looked into again when the storm is over.
            self.side.end_wait(self.key)
            await settling.wait()
            return True
        if isinstance(result, Unanswered):
            # A gateway that refuses connections is not there: another one is asked at once, the first time.
            wait = 0.0 if self.attempts == 1 and not result.was_sent else self.patience.next_wait()
        else:
            wait = self.patience.next_wait(result.retry_after)
        await asyncio.sleep(wait)
        return True


def order_of(answer):
    """The id of the order that this answer speaks of, or None."""
    if answer is None or not isinstance(answer.body, dict):
        return None
    if answer.status < 300:
        return answer.body.get("id")
    return answer.body.get("order_id")
