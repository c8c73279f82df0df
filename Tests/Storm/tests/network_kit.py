"""What the network's tests share: an event loop as the proxy's, servers to be linked to, and clients."""

import asyncio
import pathlib
import tempfile
import unittest

import uvloop

from storm.network.address import Address
from storm.network.link import Link

FAMILIES = ("tcp", "unix")
WAIT_SECONDS_MAX = 5.0
#: How long nothing has to come until a test believes that nothing comes.
SILENCE_SECONDS = 0.15


def use_the_proxys_event_loop():
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    unittest.addModuleCleanup(asyncio.set_event_loop_policy, None)


async def closed(reader):
    """What still comes until the connection is closed."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        return await reader.read()


async def until(condition, what):
    """Waits until `condition()` holds."""
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited {WAIT_SECONDS_MAX} s in vain for {what}") from None


class Server:
    """Answers every chunk with itself, or as told."""

    def __init__(self):
        #: All that it has received, over all connections.
        self.received = bytearray()
        #: Its connections so far, and those that the other side has closed.
        self.accepted = 0
        self.ended = 0
        #: What it answers instead of what it has received.
        self.reply = None
        #: Whether it reads at all.
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.writers = []

    async def start(self, address):
        if address.path:
            self.server = await asyncio.start_unix_server(self.serve, address.path)
            return address
        self.server = await asyncio.start_server(self.serve, address.host, address.port)
        return Address.parse("127.0.0.1:%d" % self.server.sockets[0].getsockname()[1])

    async def serve(self, reader, writer):
        self.accepted += 1
        self.writers.append(writer)
        try:
            while True:
                await self.may_read.wait()
                data = await reader.read(65536)
                if not data:
                    break
                self.received += data
                writer.write(data if self.reply is None else self.reply)
                await writer.drain()
        except ConnectionError:
            # A test has cut it.
            self.received += b""
        finally:
            self.ended += 1
            writer.close()

    def stop(self):
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()


async def on_the_loop(action):
    """A clean-up that needs the running event loop, and leaves it with nothing to do."""
    action()
    await asyncio.sleep(0)


class LinkTest(unittest.IsolatedAsyncioTestCase):
    """Each test has links and servers of its own."""

    async def asyncSetUp(self):
        # Debugging, which unittest turns on, makes some of these tests ten times as slow.
        asyncio.get_running_loop().set_debug(False)
        await asyncio.sleep(0)
        folder = tempfile.TemporaryDirectory(prefix="storm-network-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    async def link(self, family="tcp", server=True):
        """A link and what it leads to: by TCP or by Unix sockets."""
        number = len(list(self.folder.iterdir()))
        target, listen = Address.parse("127.0.0.1:0"), Address.parse("127.0.0.1:0")
        if family == "unix":
            target = Address.parse(f"unix:{self.folder}/server-{number}")
            listen = Address.parse(f"unix:{self.folder}/link-{number}")
        echo = Server()
        if server:
            target = await echo.start(target)
            self.addAsyncCleanup(on_the_loop, echo.stop)
        link = Link("client>server", listen, target)
        self.addAsyncCleanup(on_the_loop, link.close)
        return link, echo

    async def client(self, link):
        address = link.address
        if address.path:
            reader, writer = await asyncio.open_unix_connection(address.path, limit=4 * 1024 * 1024)
        else:
            reader, writer = await asyncio.open_connection(address.host, address.port, limit=4 * 1024 * 1024)
        self.addAsyncCleanup(on_the_loop, lambda: writer.transport.abort())
        return reader, writer

    async def ask(self, client, text=b"ping"):
        """What the server answers."""
        reader, writer = client
        writer.write(text)
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            return await reader.readexactly(len(text))

    async def hears_nothing(self, client, text=b"ping"):
        """Sends, and has no answer within a time in which all others have one."""
        reader, writer = client
        writer.write(text)
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(SILENCE_SECONDS):
                await reader.read(1)
