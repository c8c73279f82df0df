"""Customers order what cannot be had: the order is refused, or recorded and failed, and costs nothing."""

import dataclasses

import base58

from storm.load.chain import USDT
from storm.load.following import Follower
from storm.load.kind import Kind
from storm.load.ordering import Placement, Terms

#: The answer that must come when it is decided in time; with 202 the order that is read says it.
PENDING = ((202, None), (409, "expired"))
#: When nobody can be asked about the receiver in time, the order goes on, and tx-svc looks before it signs.
ON_ITS_WAY = ((201, None),)
NOBODY = ((422, "receiver_not_activated"), (422, "receiver_not_allowed")) + ON_ITS_WAY


class Mistaken(Kind):
    name = "mistaken"
    weight = 2

    async def run(self, customer_side):
        side = customer_side
        client = side.random.choice(side.world.rest_clients)
        mistake = side.random.choice(MISTAKES)
        change, allowed = mistake(side)
        terms = dataclasses.replace(Terms.draw(side), **change)
        placement = Placement(side, self.name, client, terms)
        answer = await placement.place()
        if answer is None:
            return
        if not answer.is_one_of(allowed + PENDING):
            placement.rest.unexpected(side, self.name, "POST", "/v1/orders", answer)
        if placement.order is None:
            return
        follower = Follower.of(placement)
        if await follower.follow() and follower.status != "failed":
            side.count("unexpected")
            side.history.write(
                self.name, "unexpected", method="GET", path="/v1/orders/" + placement.order, status=200, code=None,
                body=follower.said, mistake=mistake.__name__)


def unknown_product(side):
    return {"duration_seconds": max(side.settings.rental_seconds) + 7}, ((422, "unknown_product"),)


def too_little(side):
    return {"energy": 1, "max_price_sun": None}, ((422, "energy_out_of_range"),)


def too_much(side):
    return {"energy": 900_000_000, "max_price_sun": None}, ((422, "energy_out_of_range"),)


def too_dear(side):
    return {"max_price_sun": 1}, ((409, "price_changed"),)


def not_activated(side):
    """An address that nobody has ever paid to."""
    address = base58.b58encode_check(b"\x41" + side.random.randbytes(20)).decode()
    return {"receiver": address}, NOBODY


def zero_address(side):
    return {"receiver": base58.b58encode_check(b"\x41" + bytes(20)).decode()}, NOBODY


def contract(side):
    return {"receiver": USDT}, ((422, "receiver_is_contract"), (422, "receiver_not_allowed")) + ON_ITS_WAY


MISTAKES = (unknown_product, too_little, too_much, too_dear, not_activated, zero_address, contract)
