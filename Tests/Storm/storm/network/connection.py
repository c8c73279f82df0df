"""A connection through a link: two sockets, and what comes in at one goes out at the other."""

import asyncio
import socket
import struct

from storm.network.shaper import QUEUE, Hole, Waiting, shape
from storm.network.trouble import DOWN, UP

#: What may wait in the proxy to be written to one socket; its source is not read while it is more.
WRITE_BUFFER_BYTES = 64 * 1024
CONNECT_SECONDS_MAX = 5.0
#: How long the first half of a reply may take to leave before the connection is cut anyway.
FLUSH_SECONDS_MAX = 1.0
FLUSH_POLL_SECONDS = 0.002
#: Closing with this sends RST instead of FIN (TCP only).
RESET = struct.pack("ii", 1, 0)

#: Why an end is not read, with QUEUE: a set of bits.
FULL, CUTTING = 2, 4
assert QUEUE not in (FULL, CUTTING)


class End(asyncio.Protocol):
    """One of a connection's two sockets. The way of a chunk with no trouble: `data_received`, and nothing else."""

    __slots__ = ("connection", "other", "transport", "shaper", "forward", "bytes", "chunks", "holds", "has_ended",
                 "is_lost")

    def __init__(self, connection):
        self.connection = connection
        self.other = None
        self.transport = None
        #: None, or what holds back, delays, loses or cuts what this end receives.
        self.shaper = None
        #: Writes to the other end.
        self.forward = None
        #: What this end has received.
        self.bytes = 0
        self.chunks = 0
        self.holds = 0
        #: Whether the end of its stream has been passed on.
        self.has_ended = False
        self.is_lost = False

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        self.connection.made(self)

    def data_received(self, data):
        self.chunks += 1
        self.bytes += len(data)
        if self.shaper is None:
            self.forward(data)
        else:
            self.shaper.take(data)

    def pass_on(self, data):
        """As `data_received`, of what was counted before."""
        if self.shaper is None:
            self.forward(data)
        else:
            self.shaper.take(data)

    def eof_received(self):
        if self.shaper is None:
            self.forward_end()
        else:
            self.shaper.take_end()
        return True

    def forward_end(self):
        """The one side has nothing more to say; the other may still answer."""
        if self.has_ended:
            return
        self.has_ended = True
        if self.other.has_ended:
            self.connection.close()
        else:
            self.other.transport.write_eof()

    def pause_writing(self):
        self.other.hold(FULL)

    def resume_writing(self):
        self.other.release(FULL)

    def hold(self, reason):
        """Stops reading: the sender feels it when the kernel's buffers are full."""
        if not self.holds:
            self.transport.pause_reading()
        self.holds |= reason

    def release(self, reason):
        if self.holds & reason:
            self.holds &= ~reason
            if not self.holds and not self.is_lost:
                self.transport.resume_reading()

    def connection_lost(self, error):
        self.is_lost = True
        self.connection.lost(self)

    def reset(self):
        if self.shaper is not None:
            self.shaper.stop()
            self.shaper = None
        if self.transport is None or self.is_lost:
            return
        reset_socket = self.transport.get_extra_info("socket")
        if reset_socket.family == socket.AF_INET and not self.transport.is_closing():
            reset_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()


class Connection:
    """The two ends, and how they live and die together."""

    def __init__(self, link):
        self.link = link
        self.client = End(self)
        self.server = End(self)
        self.client.other, self.server.other = self.server, self.client
        #: Nothing more is carried: both ends are closed, or about to be.
        self.is_over = False
        #: Whether there is a server at the other end.
        self.is_joined = False
        #: The task that connects the two.
        self.task = None

    @property
    def ends(self):
        return self.client, self.server

    def start(self, accepted):
        self.link.opened(self)
        self.task = asyncio.get_running_loop().create_task(self.run(accepted))

    async def run(self, accepted):
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: self.client, accepted)
        if self.is_over or self.client.shaper.is_hole:
            # With a hole, what asks for the connection vanishes, too: the server never hears of it.
            return
        target = self.link.connect
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                if target.path:
                    await loop.create_unix_connection(lambda: self.server, target.path)
                else:
                    await loop.create_connection(lambda: self.server, target.host, target.port)
        except (OSError, TimeoutError):
            # The server is down. A proxy can only say so by closing what it has accepted.
            self.link.unreachable += 1
            self.reset()

    def made(self, end):
        if self.is_over:
            end.transport.abort()
        elif end is self.client:
            shape(end, self.link, UP)
            if end.shaper is None or not end.shaper.is_hole:
                end.shaper = Waiting(end, self.link)
        else:
            self.join()

    def join(self):
        """From here on bytes are carried; first those that the client has sent in the meantime."""
        self.is_joined = True
        self.client.forward, self.server.forward = self.server.transport.write, self.client.transport.write
        waiting = self.client.shaper
        self.client.shaper = None
        self.shape()
        waiting.leave()

    def shape(self):
        """As the link's trouble is; one that is not joined gets it when it is."""
        if self.is_joined:
            shape(self.client, self.link, UP)
            shape(self.server, self.link, DOWN)

    def lost(self, end):
        """One end is closed. Unless that is a thing that the other must not learn, so is the other."""
        if self.is_over:
            if all(end.is_lost or end.transport is None for end in self.ends):
                self.link.closed(self)
        elif end.shaper is not None and end.shaper.is_hole:
            end.shaper.take_end()
            if not self.is_over:
                # Nobody is left to receive what the other end still says.
                end.other.shaper = Hole(end.other, self.link)
        else:
            self.reset()

    def close(self):
        """Both sides have said all: what is written still arrives."""
        self.is_over = True
        for end in self.ends:
            end.transport.close()

    def reset(self):
        """At once, with RST where there is such a thing. A Unix socket's peer sees the end of the stream, or
        ECONNRESET when something that it had sent was not read."""
        self.is_over = True
        for end in self.ends:
            end.reset()
        if all(end.is_lost or end.transport is None for end in self.ends):
            self.link.closed(self)

    def reset_when_written(self):
        """Cuts after that which the client has been sent has left the proxy."""
        self.server.hold(CUTTING)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FLUSH_SECONDS_MAX

        def look():
            if self.is_over:
                return
            if self.client.transport.get_write_buffer_size() == 0 or loop.time() > deadline:
                self.reset()
            else:
                loop.call_later(FLUSH_POLL_SECONDS, look)

        loop.call_later(FLUSH_POLL_SECONDS, look)
