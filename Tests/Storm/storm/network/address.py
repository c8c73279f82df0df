"""Where a link listens and what it connects to: "unix:/path" or "127.0.0.1:PORT"."""

import dataclasses
import os
import socket

#: The kernel's limit for the path of a Unix socket (`sun_path` has 108 bytes with the final zero).
PATH_BYTES_MAX = 107
#: Connections that wait to be accepted.
BACKLOG = 1024


@dataclasses.dataclass(frozen=True)
class Address:
    #: Of a Unix socket; None: TCP on `host` and `port`.
    path: str | None = None
    host: str = ""
    port: int = 0

    @staticmethod
    def parse(text):
        scheme, separator, rest = text.partition(":")
        if not separator:
            raise ValueError(f"an address is unix:/path or 127.0.0.1:PORT, not {text!r}")
        if scheme == "unix":
            if not rest.startswith("/") or len(os.fsencode(rest)) > PATH_BYTES_MAX:
                raise ValueError(f"a socket's path is absolute and has at most {PATH_BYTES_MAX} bytes: {rest!r}")
            return Address(path=rest)
        if scheme != "127.0.0.1" or not rest.isdigit() or int(rest) > 65535:
            raise ValueError(f"an address is unix:/path or 127.0.0.1:PORT, not {text!r}")
        return Address(host=scheme, port=int(rest))

    def __str__(self):
        return f"unix:{self.path}" if self.path else f"{self.host}:{self.port}"

    @property
    def family(self):
        return socket.AF_UNIX if self.path else socket.AF_INET


class Port:
    """A place to listen at that can be closed and opened again, with nobody taking it in between."""

    def __init__(self, address):
        #: A TCP socket that is bound and never listens: it keeps the port while nothing listens there.
        self.keeper = None
        if not address.path:
            self.keeper = bound(address)
            address = dataclasses.replace(address, port=self.keeper.getsockname()[1])
        self.address = address

    def listen(self):
        """A socket that listens here; whoever connected while there was none has been refused."""
        if not self.address.path:
            listener = bound(self.address)
        else:
            listener = self.bound_path()
        listener.listen(BACKLOG)
        return listener

    def bound_path(self):
        """The path is replaced in one step: it exists all the time, once it does."""
        os.makedirs(os.path.dirname(self.address.path), exist_ok=True)
        fresh = self.address.path + "~"
        remove(fresh)
        listener = bound(dataclasses.replace(self.address, path=fresh))
        # As a server's own socket: what connects has to say who it is.
        os.chmod(fresh, 0o777)
        os.rename(fresh, self.address.path)
        return listener

    def close(self):
        if self.keeper:
            self.keeper.close()
        else:
            remove(self.address.path)


def bound(address):
    listener = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address.path or (address.host, address.port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot bind {address}: {error.strerror}") from error
    return listener


def remove(path):
    if os.path.lexists(path):
        os.unlink(path)
