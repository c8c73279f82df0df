"""Requests that must be refused for their path, method, key or headers: strangers, and customers who pry."""

import json

from storm.load.hostile_bodies import key, order_request
from storm.load.hostility import Case, Request
from storm.load.rentals import Rentals

UNAUTHORIZED = ((401, "unauthorized"),)
NOT_FOUND = ((404, "not_found"),)
NOT_ALLOWED = ((405, "method_not_allowed"),)
INVALID = ((422, "validation_failed"),)
#: What a label may be is wallet-svc's to say; 202: it has not said so yet.
INVALID_LABEL = (*INVALID, (202, None))


def get(path, method="GET"):
    """With a good key."""
    return lambda side, client: Request(method, path, client=client)


def with_key(header):
    """A question for the balance with this Authorization header; None: without one."""
    headers = {} if header is None else {"Authorization": header}
    return lambda side, client: Request("GET", "/v1/balance", headers=headers)


def with_guessed_secret(side, client):
    """The name of a key that exists, with another secret."""
    guessed = client["api_key"][:-8] + f"{side.random.getrandbits(32):08x}"
    return Request("GET", "/v1/orders", headers={"Authorization": "Bearer " + guessed})


def with_idempotency_key(value):
    def make(side, client):
        headers = {} if value is None else {"Idempotency-Key": value}
        fields = {"receiver": side.world.receivers[0]["address"], "energy": 65_000, "duration_seconds": 10}
        return Request("POST", "/v1/orders", json.dumps(fields).encode(), headers, client)

    return make


def foreign(method, path):
    """The order of another customer, in this path."""

    def make(side, client):
        rental = side.part(Rentals).draw(side.random)
        if rental is None or rental.customer == client["customer"]:
            return None
        return Request(method, path.format(rental.order), client=client)

    return make


def address(method, path, fields=None):
    def make(side, client):
        return Request(method, path, None if fields is None else json.dumps(fields).encode(), client=client)

    return make


def saved_with_label(label):
    def make(side, client):
        fields = {"address": side.random.choice(side.world.receivers)["address"], "label": label}
        return Request("POST", "/v1/addresses", json.dumps(fields).encode(), client=client)

    return make


def order_without_key_of_client(side, client):
    """A right order of nobody."""
    request = order_request(lambda fields: fields)(side, client)
    return Request(request.method, request.path, request.data, {"Idempotency-Key": key(side)})


REQUESTS = (
    Case("key_left_out", UNAUTHORIZED, with_key(None)),
    Case("key_basic", UNAUTHORIZED, with_key("Basic YWRtaW46YWRtaW4=")),
    Case("key_unknown", UNAUTHORIZED, with_key("Bearer ek_nobody_0000000000000000000000000000000000000000000")),
    Case("key_sql", UNAUTHORIZED, with_key("Bearer ek_' or '1'='1_x")),
    Case("key_long", UNAUTHORIZED, with_key("Bearer ek_" + "a" * 4_000)),
    Case("key_guessed", UNAUTHORIZED, with_guessed_secret),
    Case("order_of_nobody", UNAUTHORIZED, order_without_key_of_client),
    Case("idempotency_key_left_out", ((400, "idempotency_key_missing"),), with_idempotency_key(None)),
    Case("idempotency_key_empty", ((400, "idempotency_key_missing"), (400, "idempotency_key_invalid")),
         with_idempotency_key("")),
    Case("idempotency_key_of_256", ((400, "idempotency_key_invalid"),), with_idempotency_key("k" * 256)),
    Case("idempotency_key_umlaut", ((400, None),), with_idempotency_key("schlüssel")),
    Case("foreign_order_read", NOT_FOUND, foreign("GET", "/v1/orders/{}")),
    # 202: it is recorded, and order-svc has not said yet whose it is.
    Case("foreign_order_cancelled", (*NOT_FOUND, (202, None)), foreign("POST", "/v1/orders/{}/cancel")),
    Case("foreign_order_as_page", INVALID, foreign("GET", "/v1/orders?starting_after={}")),
    Case("order_invented", NOT_FOUND, get("/v1/orders/ord_01a1fcf4facc7bee914ef689c6f96512")),
    Case("order_malformed", NOT_FOUND, get("/v1/orders/ord_zzz")),
    Case("order_sql", NOT_FOUND, get("/v1/orders/ord_'%20or%201=1--")),
    Case("order_zero_byte", ((404, "not_found"), (400, None)), get("/v1/orders/ord_%00")),
    Case("order_path_traversal", ((404, None), (400, None)), get("/v1/orders/%2e%2e%2f%2e%2e%2fetc%2fpasswd")),
    Case("path_traversal", ((404, None), (400, None)), get("/../../../../etc/passwd")),
    Case("path_long", ((404, None), (400, None), (414, None)), get("/v1/orders/" + "o" * 8_000)),
    Case("path_unknown", NOT_FOUND, get("/v1/admin")),
    Case("path_not_utf8", ((404, None), (400, None)), get("/v1/orders/%ff%fe")),
    Case("cancel_invented", (*NOT_FOUND, (202, None)), get("/v1/orders/ord_01a1fcf4facc7bee914ef689c6f96512/cancel", "POST")),
    Case("method_put", NOT_ALLOWED, get("/v1/orders", "PUT")),
    Case("method_delete_balance", NOT_ALLOWED, get("/v1/balance", "DELETE")),
    Case("page_of_none", INVALID, get("/v1/orders?limit=0")),
    Case("page_of_a_million", INVALID, get("/v1/orders?limit=1000000")),
    Case("page_of_text", INVALID, get("/v1/orders?limit=ten")),
    Case("page_negative", INVALID, get("/v1/orders?limit=-5")),
    Case("page_after_sql", INVALID, get("/v1/orders?starting_after=';drop%20table%20orders;--")),
    Case("address_unreadable", NOT_FOUND, address("GET", "/v1/addresses/'%20or%201=1--")),
    Case("address_removed_unreadable", NOT_FOUND, address("DELETE", "/v1/addresses/T123")),
    Case("address_without_address", INVALID, address("POST", "/v1/addresses", {"label": "x"})),
    Case("label_too_long", INVALID_LABEL, saved_with_label("x" * 41)),
    Case("label_control_character", INVALID_LABEL, saved_with_label("a\x07b")),
    Case("label_number", INVALID, saved_with_label(7)),
    Case("address_saved_zero", INVALID, address("POST", "/v1/addresses", {"address": "41" + "0" * 40})),
)
