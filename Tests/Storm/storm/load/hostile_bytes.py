"""Requests that are no proper HTTP, or two requests in one for a server that reads carelessly.

Those that get as far as a key carry a good one, so that nothing but their form can be what refuses them.
"""

from storm.load.hostility import Case

#: Whatever the server calls it, it is the client's fault; closing the connection is right, too.
REFUSED = tuple((status, None) for status in (400, 401, 404, 405, 408, 413, 414, 415, 422, 431))
BODY = '{"receiver":"T","energy":1,"duration_seconds":1}'


def lines(*text, body=""):
    """These header lines with the client's key."""

    def make(side, client):
        head = [line.replace("KEY", client["api_key"]) for line in text]
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode("latin-1")

    return make


ORDER = (
    "POST /v1/orders HTTP/1.1", "Host: x", "Authorization: Bearer KEY", "Idempotency-Key: k",
    "Content-Type: application/json")
QUESTION = ("GET /v1/admin HTTP/1.1", "Host: x", "Authorization: Bearer KEY")

BYTES = (
    Case("length_twice", REFUSED, lines(*ORDER, "Content-Length: 5", "Content-Length: 48", body=BODY)),
    Case("length_and_chunks", REFUSED, lines(
        *ORDER, "Content-Length: 48", "Transfer-Encoding: chunked", body="0\r\n\r\nGET /v1/balance HTTP/1.1\r\n\r\n")),
    Case("length_negative", REFUSED, lines(*ORDER, "Content-Length: -1", body=BODY)),
    Case("length_text", REFUSED, lines(*ORDER, "Content-Length: many", body=BODY)),
    Case("length_greater_than_64_bits", REFUSED, lines(*ORDER, "Content-Length: 99999999999999999999", body=BODY)),
    Case("chunks_malformed", REFUSED, lines(*ORDER, "Transfer-Encoding: chunked", body="zz\r\n{}\r\n0\r\n\r\n")),
    Case("chunks_respelt", REFUSED, lines(*ORDER, "Transfer-Encoding: xchunked", body="0\r\n\r\n")),
    Case("colon_after_space", REFUSED, lines(*QUESTION, "Content-Length : 0")),
    Case("header_folded", REFUSED, lines(*QUESTION, "X-A: 1\r\n 2")),
    Case("header_zero_byte", REFUSED, lines(*QUESTION, "X-A: a\0b")),
    Case("header_of_100_kib", REFUSED, lines(*QUESTION, "X-A: " + "a" * 100_000)),
    Case("headers_5000", REFUSED, lines(*QUESTION, *(f"X-{number}: 1" for number in range(5_000)))),
    Case("request_id_with_markup", REFUSED, lines(*QUESTION, "X-Request-Id: <b>1</b>\"")),
    Case("method_invented", REFUSED, lines("STEAL /v1/balance HTTP/1.1", "Host: x", "Authorization: Bearer KEY")),
    Case("method_lower_case", REFUSED, lines("get /v1/admin HTTP/1.1", "Host: x")),
    Case("version_invented", REFUSED, lines("GET /v1/admin HTTP/9.9", "Host: x")),
    Case("no_http", REFUSED, lambda side, client: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    Case("line_feeds_alone", REFUSED, lambda side, client: b"GET /v1/admin HTTP/1.1\nHost: x\n\n"),
    Case("path_without_slash", REFUSED, lines("GET etc/passwd HTTP/1.1", "Host: x")),
    Case("path_of_another_host", REFUSED, lines("GET http://example.com/v1/admin HTTP/1.1", "Host: x")),
)
