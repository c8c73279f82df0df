"""The REST API as a client sees it, over aiohttp."""

import asyncio
import dataclasses
import json
import time

import aiohttp
import orjson
import yarl

from storm.load.gateways import Gateways
from storm.load.retry import Meaning, Patience, meaning_of, retry_after_of

#: An answer of the API is far smaller.
ANSWER_BYTES_MAX = 1 << 20


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: object
    #: The JSON of it, or None.
    body: object
    gateway: str
    seconds: float

    @property
    def meaning(self):
        return meaning_of(self.status, self.code)

    @property
    def code(self):
        """The problem's code, or None."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def retry_after(self):
        return retry_after_of(self.headers)

    @property
    def is_replayed(self):
        return self.headers.get("Idempotent-Replayed") == "true"

    def is_one_of(self, allowed):
        """`allowed`: (status, code) pairs; the code None stands for any."""
        return any(self.status == status and code in (None, self.code) for status, code in allowed)


class Unanswered(Exception):
    """No answer came: cut, refused, or timed out."""

    def __init__(self, text, gateway, seconds, was_sent):
        super().__init__(text)
        self.gateway = gateway
        self.seconds = seconds
        #: False: nobody can have received the request.
        self.was_sent = was_sent


class RestClient:
    """One for all clients of the load process; each request carries its client's key."""

    def __init__(self, side):
        self.settings = side.settings
        self.history = side.history
        self.gateways = side.part(Gateways)
        self.timeout = aiohttp.ClientTimeout(total=self.settings.request_seconds_max)
        # What a trouble has cost in connections goes with it: idle ones are closed soon.
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.settings.connections_max, keepalive_timeout=2),
            timeout=self.timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"))

    async def close(self):
        await self.session.close()

    async def send(self, gateway, client, method, path, data=None, headers=None):
        """One attempt at this gateway. Raises Unanswered."""
        fields = {} if client is None else {"Authorization": "Bearer " + client["api_key"]}
        if data is not None:
            fields["Content-Type"] = "application/json"
        if headers:
            fields.update(headers)
        url = self.gateways.url(gateway)
        if url is None:
            raise Unanswered("the gateway has gone", gateway, 0.0, was_sent=False)
        began = time.monotonic()
        try:
            async with self.session.request(
                    method, yarl.URL(url + path, encoded=True), data=data, headers=fields) as response:
                if (response.content_length or 0) > ANSWER_BYTES_MAX:
                    raise aiohttp.ClientPayloadError(f"an answer of {response.content_length} bytes")
                content = await response.read()
                body = parse(content) if "json" in response.headers.get("Content-Type", "") else None
                answer = Answer(response.status, response.headers, body, gateway, time.monotonic() - began)
                self._note_rudeness(answer, method, path)
                return answer
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            self.gateways.refused(gateway)
            raise Unanswered(type(error).__name__, gateway, time.monotonic() - began, was_sent=False) from error
        except asyncio.TimeoutError as error:
            self.gateways.silent(gateway)
            raise Unanswered("no answer in time", gateway, time.monotonic() - began, was_sent=True) from error
        except (aiohttp.ClientError, ConnectionError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise Unanswered(type(error).__name__, gateway, time.monotonic() - began, was_sent=True) from error

    def _note_rudeness(self, answer, method, path):
        """Whoever is put off is to be told for how long, whatever was asked for."""
        if answer.status in (429, 503) and answer.retry_after is None:
            self.history.write(
                "rest", "put_off", method=method, path=path, status=answer.status, code=answer.code,
                gateway=answer.gateway, retry_after=None)

    async def ask(self, side, kind, client, method, path, allowed, data=None, headers=None, attempts=4):
        """A request that may be repeated, until it is decided, through another gateway each time.

        Returns the Answer, or None when none came. One that is not `allowed` ((status, code) pairs; None: the caller
        judges) is recorded as unexpected; "not now" (429, 503) and "nobody knows yet" never are, and are not returned.
        """
        patience = Patience(self.settings, side.random)
        avoided = None
        for attempt in range(attempts):
            gateway = self.gateways.choose(side.random, but=(avoided,))
            side.count("requests")
            try:
                answer = await self.send(gateway, client, method, path, data, headers)
            except Unanswered as error:
                side.count("requests_unanswered")
                avoided = gateway
                wait = patience.next_wait() if error.was_sent or attempt else 0.0
            else:
                if answer.meaning is Meaning.FINAL:
                    if allowed is not None and not answer.is_one_of(allowed):
                        self.unexpected(side, kind, method, path, answer)
                    return answer
                if answer.meaning is Meaning.UNKNOWN:
                    self.unexpected(side, kind, method, path, answer)
                side.count("requests_put_off")
                wait = patience.next_wait(answer.retry_after)
            if attempt + 1 < attempts:
                await asyncio.sleep(wait)
        return None

    def unexpected(self, side, kind, method, path, answer):
        side.count("unexpected")
        side.history.write(
            kind, "unexpected", method=method, path=path, status=answer.status, code=answer.code, body=answer.body,
            gateway=answer.gateway)


def parse(content):
    return orjson.loads(content) if content else None
