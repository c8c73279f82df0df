"""A link without trouble carries everything; the proxy is a process that is told what to do."""

import asyncio
import contextlib
import pathlib
import tempfile
import unittest

from tests.network_kit import FAMILIES, WAIT_SECONDS_MAX, LinkTest, closed, until, use_the_proxys_event_loop

from storm.network import DOWN, Cut, CutInReply, Delay, HalfOpen, Network, NetworkError, Trickle, Trouble
from storm.network.address import PATH_BYTES_MAX, Address
from storm.network.connection import WRITE_BUFFER_BYTES

setUpModule = use_the_proxys_event_loop


class WithoutTrouble(LinkTest):
    async def test_bytes_pass_both_ways(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, server = await self.link(family)
                self.assertEqual(await self.ask(await self.client(link)), b"ping")
                self.assertEqual(link.stats() | {"chunks": 2}, {
                    "connections": 1, "open": 1, "bytes_up": 4, "bytes_down": 4, "chunks": 2, "troubled": 0,
                    "unreachable": 0})

    async def test_who_has_said_all_still_hears_the_answer(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, server = await self.link(family)
                reader, writer = await self.client(link)
                writer.write(b"last words")
                writer.write_eof()
                async with asyncio.timeout(WAIT_SECONDS_MAX):
                    self.assertEqual(await reader.read(), b"last words")
                await until(lambda: not link.connections, "the link to forget the connection")

    async def test_a_close_is_told_to_the_server(self):
        link, server = await self.link()
        client = await self.client(link)
        await self.ask(client)
        client[1].close()
        await until(lambda: server.ended == 1 and not link.connections, "the server to see the end")

    async def test_a_reset_is_told_to_the_server(self):
        link, server = await self.link()
        client = await self.client(link)
        await self.ask(client)
        server.may_read.clear()
        next(iter(link.connections)).client.reset()
        server.may_read.set()
        await until(lambda: server.ended == 1 and not link.connections, "the server to see the end")

    async def test_a_server_that_is_away_closes_what_connects(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, _ = await self.link(family, server=False)
                if family == "tcp":
                    # Nobody listens on the port of the link's own neighbour once that is closed.
                    other, _ = await self.link(server=False)
                    link.connect = other.address
                    other.close()
                reader, _ = await self.client(link)
                with contextlib.suppress(ConnectionResetError):
                    await closed(reader)
                self.assertEqual(link.stats()["unreachable"], 1)

    async def test_two_hundred_connections(self):
        link, server = await self.link("unix")
        clients = [await self.client(link) for _ in range(200)]
        texts = [b"client %d" % number for number in range(200)]
        answers = await asyncio.gather(*(self.ask(client, text) for client, text in zip(clients, texts)))
        self.assertEqual(answers, texts)
        self.assertEqual(link.stats()["open"], 200)

    async def test_who_does_not_read_stops_who_writes(self):
        link, server = await self.link()
        server.may_read.clear()
        server.reply = b""
        _, writer = await self.client(link)
        writer.transport.set_write_buffer_limits(0)
        sent = 0
        # Kernel buffers take some megabytes; a proxy without limits takes the rest.
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.5):
                while True:
                    writer.write(bytes(256 * 1024))
                    sent += 256 * 1024
                    await writer.drain()
        kept = next(iter(link.connections)).server.transport.get_write_buffer_size()
        self.assertLess(kept, WRITE_BUFFER_BYTES + 512 * 1024)
        server.may_read.set()
        await until(lambda: len(server.received) == sent, "everything to arrive")


class Values(unittest.TestCase):
    def test_troubles_travel_as_json(self):
        for trouble in (Cut(seed=3), HalfOpen(direction=DOWN), Delay(delay_seconds=0.1), Trickle(bytes_per_second=9),
                        CutInReply(pause_seconds=1.5)):
            self.assertEqual(Trouble.from_json(trouble.to_json()), trouble)

    def test_nonsense_is_refused(self):
        for wrong in (
                lambda: HalfOpen(direction="sideways"), lambda: Trickle(bytes_per_second=0),
                lambda: Delay(delay_seconds=-1), lambda: CutInReply(pause_seconds=-1),
                lambda: Trouble.from_json({"kind": "plague"}), lambda: Address.parse("10.0.0.1:80"),
                lambda: Address.parse("unix:relative"), lambda: Address.parse("127.0.0.1:http"),
                lambda: Address.parse("unix:/" + "x" * PATH_BYTES_MAX), lambda: Address.parse("nothing")):
            with self.assertRaises(ValueError):
                wrong()

    def test_an_address_reads_as_it_was_written(self):
        for text in ("unix:/run/redis.sock", "127.0.0.1:6379"):
            self.assertEqual(str(Address.parse(text)), text)


class TheProcess(LinkTest):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        folder = tempfile.TemporaryDirectory(prefix="storm-network-")
        self.addCleanup(folder.cleanup)
        self.network = await Network.start(pathlib.Path(folder.name) / "network")
        self.addAsyncCleanup(self.network.stop)

    async def test_it_carries_troubles_and_counts(self):
        network = self.network
        _, server = await self.link()
        server_address = f"127.0.0.1:{server.server.sockets[0].getsockname()[1]}"
        address = await network.add_link("a>b", "127.0.0.1:0", server_address)
        await network.add_link("a>c", f"unix:{self.folder}/c/.s.PGSQL.5432", server_address)
        self.assertEqual(network.links, ("a>b", "a>c"))
        reader, writer = await asyncio.open_connection(*address.split(":"))
        self.assertEqual(await self.ask((reader, writer)), b"ping")
        await network.set("a>b", HalfOpen())
        await self.hears_nothing((reader, writer))
        await network.clear("a>b")
        stats = await network.stats("a>b")
        self.assertEqual((stats["connections"], stats["troubled"], stats["bytes_up"]), (1, 1, 8))
        self.assertEqual((await network.stats("a>c"))["connections"], 0)
        writer.close()

    async def test_a_refusal_says_why(self):
        with self.assertRaisesRegex(NetworkError, "there is no link 'a>b'"):
            await self.network.set("a>b", Cut())
        with self.assertRaisesRegex(NetworkError, "an address is"):
            await self.network.add_link("a>b", "nowhere", "127.0.0.1:1")

    async def test_an_asker_that_is_cancelled_leaves_no_answer_for_the_next(self):
        for _ in range(20):
            asking = asyncio.create_task(self.network.all_stats())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asking.cancel()
            self.assertTrue((await self.network.add_link(f"a>{_}", "127.0.0.1:0", "127.0.0.1:1")).startswith("127."))

    async def test_it_ends_with_the_run_and_says_so(self):
        await self.network.stop()
        self.assertEqual(self.network.process.returncode, 0)
        with self.assertRaisesRegex(NetworkError, "is stopped"):
            await self.network.all_stats()

    async def test_when_it_dies_the_next_request_says_so(self):
        self.network.process.kill()
        with self.assertRaisesRegex(NetworkError, "did not answer 'stats'.*network.log"):
            await self.network.all_stats()
