"""The process that carries all traffic: `python -m storm.network.proxy DESCRIPTOR`.

DESCRIPTOR is a connected Unix socket that it has inherited. Each line on it is a request, a JSON object with `id` and
`do`; each answer has the same `id` and either `answer` or `error`. When the socket is closed, so is everything else:
the proxy does not outlive the run that it belongs to.
"""

import asyncio
import gc
import json
import resource
import signal
import socket
import sys

import uvloop

from storm.network.address import Address
from storm.network.link import Link
from storm.network.trouble import Trouble
from storm.proc import go_first

REQUEST_BYTES_MAX = 64 * 1024
NICENESS = -15


class Proxy:
    def __init__(self):
        self.links = {}

    def answer(self, request):
        """What a request is answered: its methods are those named here."""
        actions = {"add_link": self.add_link, "set": self.set, "clear": self.clear, "stats": self.stats}
        if request.get("do") not in actions:
            raise ValueError(f"no request is called {request.get('do')!r}: one of {', '.join(sorted(actions))}")
        return actions[request["do"]](request)

    def add_link(self, request):
        name = request["link"]
        if name in self.links:
            raise ValueError(f"there is a link {name!r} already")
        self.links[name] = Link(name, Address.parse(request["listen"]), Address.parse(request["connect"]))
        return str(self.links[name].address)

    def set(self, request):
        self.link(request).set(Trouble.from_json(request["trouble"]))

    def clear(self, request):
        self.link(request).clear()

    def stats(self, request):
        return {name: link.stats() for name, link in self.links.items()}

    def link(self, request):
        if request["link"] not in self.links:
            raise ValueError(f"there is no link {request['link']!r}: only {', '.join(sorted(self.links))}")
        return self.links[request["link"]]

    def close(self):
        for link in self.links.values():
            link.close()


async def serve(descriptor):
    control = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_unix_connection(sock=control, limit=REQUEST_BYTES_MAX)
    proxy = Proxy()
    while line := await reader.readline():
        request = json.loads(line)
        reply = {"id": request["id"]}
        try:
            reply["answer"] = proxy.answer(request)
        except (ValueError, TypeError, KeyError, OSError) as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
    proxy.close()
    writer.close()


def main():
    # Each connection needs two descriptors.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    # An interrupt is for the run; the proxy ends when the run has closed its socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A network does not wait for a processor, however busy the parts are.
    go_first(NICENESS)
    # Nothing that is there now ever becomes garbage.
    gc.freeze()
    uvloop.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
