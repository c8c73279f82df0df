"""Postgres' disk is full."""

import asyncio
import time

from storm.faults.fault import Fault, Hit
from storm.faults.log_tail import LogTail
from storm.faults.undo import to_the_end

BLOCK_BYTES = 8192
SEGMENT_BYTES = 16 * 1024 * 1024
#: What the server says of a file that may not grow, or of a block that only fits in part.
COMPLAINTS = ("File too large", "could not extend file", "could not write", "wrote only")
LOOK_SECONDS = 0.5
#: Left to the largest table: so much that it grows into the limit from below, and fills it within a second or two.
ROOM_BLOCKS = 32


class PostgresDiskFull(Fault):
    """No file may grow beyond what the largest table has: tables cannot be extended, or not even the log be written.

    When the largest table is smaller than a segment of the write-ahead log, the limit lies within the segments: the
    first one that fills beyond it makes the server give up (PANIC), and it does not come back before there is room.
    """

    name = "postgres_disk_full"
    group = "postgres"
    recovery = "server"
    seconds = (6.0, 15.0)
    seconds_short = (5.0, 8.0)

    async def run(self, storm, random, seconds):
        server = storm.stack.postgres
        log = LogTail(storm.stack.log_folder / "postgres.log")
        limit = limit_above(await largest_file(server))
        try:
            await self._full(server, log, limit, seconds)
        finally:
            await to_the_end(self._lift(server))
        complaints, panics = log.count(*COMPLAINTS), log.count("PANIC:")
        detail = f"files of at most {limit} bytes: {complaints} complaints, {panics} of them a PANIC"
        return [Hit("postgres", complaints, detail)] if complaints else []

    async def _full(self, server, log, limit, seconds):
        deadline = time.monotonic() + seconds
        middle = time.monotonic() + seconds / 2
        while time.monotonic() < deadline:
            # Again and again: a server that was started anew has no limit, and its disk is no emptier for that.
            server.limit_file_size(limit)
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() > middle and limit > SEGMENT_BYTES and not log.count(*COMPLAINTS):
                # The largest table does not grow at present; the write-ahead log always does.
                limit = limit_above(SEGMENT_BYTES // 2)

    async def _lift(self, server):
        server.limit_file_size(None)
        await server.start()


async def largest_file(server):
    """Bytes of the largest table or index."""
    async with await server.connect() as connection:
        answer = await connection.execute(
            "select max(pg_relation_size(oid)) from pg_class where relkind in ('r', 'i', 't', 'm')")
        return (await answer.fetchone())[0]


def limit_above(size):
    """A little further, in the middle of a block.

    A block that only fits in part is what the server calls a full disk (53100); one that does not fit at all it calls
    an internal error, which no full disk leads to.
    """
    # Below half a segment of the write-ahead log nothing would work at all.
    blocks = max(size, SEGMENT_BYTES // 2) // BLOCK_BYTES + ROOM_BLOCKS
    return blocks * BLOCK_BYTES + BLOCK_BYTES // 2
