"""HTTP byte by byte, for requests that no HTTP client would send."""

import asyncio
import time
import urllib.parse

from storm.load.rest import Answer, Unanswered, parse

HEAD_BYTES_MAX = 64 * 1024


async def send_raw(url, gateway, content, seconds_max):
    """Sends these bytes on a connection of their own and reads the first answer. Raises Unanswered."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds_max):
            status, headers, body = await _exchange(urllib.parse.urlsplit(url), content)
    except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
        raise Unanswered(type(error).__name__, gateway, time.monotonic() - began, was_sent=True) from error
    return Answer(status, headers, body, gateway, time.monotonic() - began)


async def _exchange(address, content):
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=HEAD_BYTES_MAX)
    try:
        writer.write(content)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        length = int({name.lower(): value for name, value in headers.items()}.get("content-length", "0"))
        body = await reader.readexactly(min(length, HEAD_BYTES_MAX))
        is_json = "json" in headers.get("content-type", headers.get("Content-Type", ""))
        return int(lines[0].split(" ")[1]), headers, parse(body) if is_json else None
    finally:
        writer.close()
