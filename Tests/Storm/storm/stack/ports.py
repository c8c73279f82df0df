"""Ports of the loopback interface that stay ours while their process is away."""

import pathlib
import socket

LOOPBACK = "127.0.0.1"


class Ports:
    """Hands out free ports below those that the kernel gives to outgoing connections.

    From among those, a customer's connection could take a port just while the service that listens on it is down.
    """

    FIRST = 15_000

    def __init__(self, random):
        range_file = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
        self.end = int(range_file.read_text(encoding="ascii").split()[0])
        if self.end - self.FIRST < 1_000:
            raise OSError(f"{range_file} leaves too few ports between {self.FIRST} and {self.end}")
        # Two storms on one machine begin at different places.
        self.next = random.randrange(self.FIRST, self.end)

    def take(self):
        for _ in range(self.end - self.FIRST):
            port = self.next
            self.next = port + 1 if port + 1 < self.end else self.FIRST
            if is_free(port):
                return port
        raise OSError(f"no port between {self.FIRST} and {self.end} is free")

    def address(self):
        return f"{LOOPBACK}:{self.take()}"


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
