"""Orders whose body must be refused before anything is recorded."""

import json

from storm.load.hostility import Case, Request

INVALID_JSON = ((400, "invalid_json"),)
INVALID = ((422, "validation_failed"),)
TOO_LARGE = ((413, "body_too_large"),)


def key(side):
    return f"{side.random.getrandbits(128):032x}"


def order_request(data, **headers):
    """A case's request that sends these bytes, or what makes them of a valid order's fields."""

    def make(side, client):
        content = data
        if callable(data):
            fields = {
                "receiver": side.random.choice(side.world.receivers)["address"], "energy": 65_000,
                "duration_seconds": side.settings.rental_seconds[0]}
            content = data(fields)
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        return Request("POST", "/v1/orders", content, {"Idempotency-Key": key(side), **headers}, client)

    return make


def with_field(name, value):
    return order_request(lambda fields: {**fields, name: value})


def without_field(name):
    return order_request(lambda fields: {other: value for other, value in fields.items() if other != name})


def with_text(old, new):
    """A number in the JSON replaced by text that json.dumps would not write."""
    return order_request(lambda fields: json.dumps(fields).replace(old, new).encode())


BODIES = (
    Case("json_cut", INVALID_JSON, order_request(b'{"receiver":"T')),
    Case("json_empty", INVALID_JSON, order_request(b"")),
    Case("json_array", INVALID_JSON, order_request(b"[]")),
    Case("json_number", INVALID_JSON, order_request(b"7")),
    Case("json_twice", INVALID_JSON, order_request(b"{}{}")),
    Case("json_single_quotes", INVALID_JSON, order_request(b"{'energy':65000}")),
    Case("json_deep", INVALID_JSON, order_request(b"[" * 8_000 + b"]" * 8_000)),
    Case("json_not_utf8", INVALID_JSON, order_request(b'{"receiver":"\xff\xfe"}')),
    Case("json_zero_byte", INVALID_JSON, order_request(b'{"energy":\x0065000}')),
    Case("body_of_17_kib", TOO_LARGE, order_request(b'{"receiver":"' + b"T" * 17_000 + b'"}')),
    Case("body_of_2_mib", TOO_LARGE, order_request(b'{"receiver":"' + b"T" * 2_000_000 + b'"}')),
    Case("nothing_given", INVALID, order_request(b"{}")),
    Case("receiver_left_out", INVALID, without_field("receiver")),
    Case("receiver_null", INVALID, with_field("receiver", None)),
    Case("receiver_number", INVALID, with_field("receiver", 7)),
    Case("receiver_list", INVALID, with_field("receiver", ["T"])),
    Case("receiver_empty", INVALID, with_field("receiver", "")),
    Case("receiver_bad_checksum", INVALID, with_field("receiver", "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtD")),
    Case("receiver_of_ethereum", INVALID, with_field("receiver", "0xdAC17F958D2ee523a2206206994597C13D831ec7")),
    Case("receiver_sql", INVALID, with_field("receiver", "T'; drop table orders; --")),
    Case("receiver_html", INVALID, with_field("receiver", "<script>alert(1)</script>")),
    Case("receiver_unicode", INVALID, with_field("receiver", "Т" * 34)),
    Case("receiver_format", INVALID, with_field("receiver", "%s%n%@\\(1)${jndi:ldap://x}")),
    Case("receiver_long", INVALID, with_field("receiver", "T" * 10_000)),
    Case("receiver_right_to_left", INVALID, with_field("receiver", "\u202eTQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC")),
    Case("energy_text", INVALID, with_field("energy", "65000")),
    Case("energy_fraction", INVALID, with_field("energy", 65_000.5)),
    Case("energy_true", INVALID, with_field("energy", True)),
    Case("energy_zero", INVALID, with_field("energy", 0)),
    Case("energy_negative", INVALID, with_field("energy", -65_000)),
    Case("energy_too_great_for_64_bits", INVALID, with_text("65000", "99999999999999999999")),
    Case("energy_least_of_64_bits", INVALID, with_text("65000", "-9223372036854775808")),
    Case("energy_infinite", INVALID + INVALID_JSON, with_text("65000", "1e400")),
    Case("energy_not_a_number", INVALID_JSON, with_text("65000", "NaN")),
    Case("duration_list", INVALID, with_field("duration_seconds", [3600])),
    Case("duration_negative", INVALID, with_field("duration_seconds", -1)),
    Case("max_price_negative", INVALID, with_field("max_price_sun", -1)),
    Case("field_unknown", INVALID, with_field("discount", 100)),
    Case("field_of_another_customer", INVALID, with_field("customer", "cus_00000000000000000000000000000000")),
    Case("field_price", INVALID, with_field("price_sun", 1)),
    Case("field_prototype", INVALID, with_field("__proto__", {"admin": True})),
    Case("field_with_slash_and_tilde", INVALID, with_field("a/b~c", 1)),
    Case("field_unicode", INVALID, with_field("энергия" * 100, 1)),
    Case("type_text", ((415, "unsupported_media_type"),),
         order_request({"energy": 1}, **{"Content-Type": "text/plain"})),
    Case("type_form", ((415, "unsupported_media_type"),),
         order_request(b"energy=1", **{"Content-Type": "application/x-www-form-urlencoded"})),
)
