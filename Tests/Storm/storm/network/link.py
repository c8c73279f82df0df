"""A link: a place to listen, a place to connect to, and the connections between them."""

import asyncio
import random

from storm.network.address import Port
from storm.network.connection import Connection
from storm.network.trouble import Cut

#: More than any client here needs; the next one is closed at once.
CONNECTIONS_MAX = 2000


class Link:
    """All of its methods are called on the event loop."""

    def __init__(self, name, listen, connect):
        self.name = name
        #: Where the server is.
        self.connect = connect
        self.port = Port(listen)
        self.listener = None
        self.connections = set()
        self.trouble = None
        self.random = random.Random(0)
        #: The time before which no reply is cut.
        self.next_cut = 0.0
        #: Since the start: chunks that were delayed, lost or trickled, connections and replies that were cut.
        self.troubled = 0
        #: Connections for which the server was not there.
        self.unreachable = 0
        #: Connections so far, and what those have carried that are closed.
        self.accepted = 0
        self.carried = {"bytes_up": 0, "bytes_down": 0, "chunks": 0}
        self.listen()

    @property
    def address(self):
        """Where it really listens."""
        return self.port.address

    # What is wrong with it

    def set(self, trouble):
        self.clear()
        self.trouble = trouble
        self.random = random.Random(trouble.seed)
        self.next_cut = 0.0
        if isinstance(trouble, Cut):
            self.cut()
        for connection in self.connections:
            connection.shape()

    def clear(self):
        """The trouble is over; what was held back goes out at once."""
        self.trouble = None
        for connection in list(self.connections):
            for end in connection.ends:
                if end.shaper is not None:
                    end.shaper.over()
        if self.listener is None:
            self.listen()

    def cut(self):
        self.stop_listening()
        for connection in list(self.connections):
            self.troubled += 1
            connection.reset()

    # Connections

    def listen(self):
        self.listener = self.port.listen()
        asyncio.get_running_loop().add_reader(self.listener.fileno(), self.accept)

    def stop_listening(self):
        if self.listener is not None:
            asyncio.get_running_loop().remove_reader(self.listener.fileno())
            self.listener.close()
            self.listener = None

    def accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except BlockingIOError:
                return
            accepted.setblocking(False)
            if len(self.connections) >= CONNECTIONS_MAX:
                accepted.close()
                continue
            Connection(self).start(accepted)

    def opened(self, connection):
        self.accepted += 1
        self.connections.add(connection)

    def closed(self, connection):
        if connection in self.connections:
            self.connections.remove(connection)
            add(self.carried, connection)

    def close(self):
        self.stop_listening()
        for connection in list(self.connections):
            connection.reset()
        self.port.close()

    def stats(self):
        carried = dict(self.carried)
        for connection in self.connections:
            add(carried, connection)
        return {"connections": self.accepted, "open": len(self.connections), **carried, "troubled": self.troubled,
                "unreachable": self.unreachable}


def add(carried, connection):
    carried["bytes_up"] += connection.client.bytes
    carried["bytes_down"] += connection.server.bytes
    carried["chunks"] += connection.client.chunks + connection.server.chunks
