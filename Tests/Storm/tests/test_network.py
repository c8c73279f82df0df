"""Each trouble of a link does what it says, to that link only."""

import asyncio
import contextlib
import pathlib
import random
import tempfile
import unittest

from tests.network_kit import WAIT_SECONDS_MAX, LinkTest, until, use_the_proxys_event_loop

from storm.network import BOTH, DOWN, UP, Cut, CutInReply, Delay, HalfOpen, Network, NetworkError, Trickle, Trouble
from storm.network.address import PATH_BYTES_MAX, Address
from storm.network.connection import WRITE_BUFFER_BYTES
from storm.network.shaper import QUEUE_BYTES_MAX

setUpModule = use_the_proxys_event_loop
FAMILIES = ("tcp", "unix")


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


class Delayed(LinkTest):
    async def test_everything_takes_longer_by_the_delay(self):
        link, _ = await self.link()
        client = await self.client(link)
        link.set(Delay(delay_seconds=0.1))
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.assertEqual(await self.ask(client), b"ping")
        self.assertGreater(loop.time() - began, 0.195)
        self.assertEqual(link.troubled, 2)

    async def test_one_direction_only(self):
        link, server = await self.link()
        link.set(Delay(delay_seconds=60, direction=DOWN))
        client = await self.client(link)
        client[1].write(b"ping")
        await until(lambda: server.received == b"ping", "the request, which is not delayed")

    async def test_a_megabyte_arrives_in_order_and_whole(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, _ = await self.link(family)
                link.set(Delay(delay_seconds=0.01, jitter_seconds=0.02, seed=7))
                reader, writer = await self.client(link)
                data = random.Random(1).randbytes(1024 * 1024)
                writer.write(data)
                async with asyncio.timeout(WAIT_SECONDS_MAX):
                    self.assertEqual(await reader.readexactly(len(data)), data)
                self.assertGreater(link.troubled, 8)

    async def test_what_waits_is_bounded(self):
        link, server = await self.link()
        server.reply = b""
        link.set(Delay(delay_seconds=60, direction=UP))
        _, writer = await self.client(link)
        data = bytes(16 * 1024 * 1024)
        writer.write(data)
        await until(lambda: next(iter(link.connections)).client.holds, "the proxy to stop reading")
        await asyncio.sleep(0.1)
        self.assertLessEqual(next(iter(link.connections)).client.bytes, 2 * QUEUE_BYTES_MAX)
        link.clear()
        await until(lambda: len(server.received) == len(data), "everything to arrive")

    async def test_what_waits_leaves_when_the_trouble_is_over(self):
        link, _ = await self.link()
        client = await self.client(link)
        await self.ask(client)
        link.set(Delay(delay_seconds=60))
        asking = asyncio.create_task(self.ask(client))
        await until(lambda: link.troubled == 1, "the request to be held back")
        link.clear()
        self.assertEqual(await asking, b"ping")

    async def test_the_end_of_the_stream_keeps_its_place(self):
        link, _ = await self.link()
        link.set(Delay(delay_seconds=0.05))
        reader, writer = await self.client(link)
        writer.write(b"last words")
        writer.write_eof()
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            self.assertEqual(await reader.read(), b"last words")


class CutOff(LinkTest):
    async def test_connections_are_reset_and_new_ones_refused(self):
        link, _ = await self.link()
        client = await self.client(link)
        await self.ask(client)
        link.set(Cut())
        with self.assertRaises(ConnectionResetError):
            await closed(client[0])
        with self.assertRaises(ConnectionRefusedError):
            await self.client(link)
        self.assertEqual(link.troubled, 1)

    async def test_a_unix_socket_is_closed_and_refuses(self):
        link, server = await self.link("unix")
        client = await self.client(link)
        await self.ask(client)
        link.set(Cut())
        self.assertEqual(await closed(client[0]), b"")
        with self.assertRaises(ConnectionRefusedError):
            await self.client(link)
        await until(lambda: server.ended == 1, "the server to see the end")

    async def test_afterwards_the_same_address_works_again(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, _ = await self.link(family)
                before = link.address
                for _ in range(3):
                    link.set(Cut())
                    link.clear()
                self.assertEqual(link.address, before)
                self.assertEqual(await self.ask(await self.client(link)), b"ping")

    async def test_others_notice_nothing(self):
        link, _ = await self.link()
        other, _ = await self.link()
        client = await self.client(other)
        for trouble in (Cut(), HalfOpen(), Delay(delay_seconds=60), Trickle(bytes_per_second=1), CutInReply()):
            link.set(trouble)
            self.assertEqual(await self.ask(client), b"ping")
        self.assertEqual(other.troubled, 0)

    async def test_who_is_just_connecting_is_cut_as_well(self):
        link, server = await self.link()
        reader, writer = await self.client(link)
        link.set(Cut())
        writer.write(b"ping")
        with self.assertRaises(ConnectionError):
            await closed(reader)
        self.assertEqual(server.received, b"")


class HalfOpened(LinkTest):
    async def test_bytes_vanish_and_the_connection_stays(self):
        for direction, arrives in ((UP, b""), (DOWN, b"ping"), (BOTH, b"")):
            with self.subTest(direction):
                link, server = await self.link()
                client = await self.client(link)
                await self.ask(client, b"before")
                link.set(HalfOpen(direction=direction))
                await self.hears_nothing(client)
                self.assertEqual(server.received, b"before" + arrives)
                self.assertFalse(client[0].at_eof())
                self.assertEqual(server.ended, 0)
                self.assertEqual(link.troubled, 1)

    async def test_neither_learns_that_the_other_has_closed(self):
        link, server = await self.link()
        client = await self.client(link)
        await self.ask(client)
        link.set(HalfOpen())
        client[1].close()
        await asyncio.sleep(0.1)
        self.assertEqual(server.ended, 0)
        link.clear()
        await until(lambda: server.ended == 1 and not link.connections, "the server to be told")

    async def test_a_dead_connection_stays_dead_until_one_side_closes(self):
        link, server = await self.link()
        client = await self.client(link)
        await self.ask(client)
        link.set(HalfOpen())
        link.clear()
        await self.hears_nothing(client)
        link.set(Delay(delay_seconds=0))
        await self.hears_nothing(client)
        self.assertEqual(await self.ask(await self.client(link)), b"ping")
        client[1].close()
        await until(lambda: server.ended == 1, "the server to be told")

    async def test_what_connects_meanwhile_reaches_nobody(self):
        link, server = await self.link()
        link.set(HalfOpen())
        client = await self.client(link)
        await self.hears_nothing(client)
        self.assertEqual(server.accepted, 0)
        link.clear()
        await self.hears_nothing(client)
        client[1].close()
        await until(lambda: not link.connections, "the link to forget it")

    async def test_the_server_may_go_on_talking_to_nobody(self):
        link, server = await self.link()
        client = await self.client(link)
        await self.ask(client)
        link.set(HalfOpen(direction=UP))
        client[1].transport.abort()
        server.writers[0].write(b"are you there?" * 1000)
        await asyncio.sleep(0.1)
        server.writers[0].write(b"are you there?" * 1000)
        await asyncio.sleep(0.1)
        self.assertEqual(server.ended, 0)
        link.clear()
        await until(lambda: server.ended == 1 and not link.connections, "the server to be told")


class Trickling(LinkTest):
    async def test_so_many_bytes_a_second_and_no_more(self):
        link, _ = await self.link()
        link.set(Trickle(bytes_per_second=1000, direction=UP))
        client = await self.client(link)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.assertEqual(await self.ask(client, b"x" * 400), b"x" * 400)
        self.assertTrue(0.3 < loop.time() - began < 1.0, loop.time() - began)
        self.assertEqual(link.troubled, 1)

    async def test_the_rest_leaves_when_the_trouble_is_over(self):
        link, _ = await self.link("unix")
        client = await self.client(link)
        await self.ask(client)
        link.set(Trickle(bytes_per_second=1))
        data = random.Random(1).randbytes(1000)
        asking = asyncio.create_task(self.ask(client, data))
        await until(lambda: link.troubled == 1, "the request to be held back")
        link.clear()
        self.assertEqual(await asking, data)

    async def test_the_end_comes_after_the_last_byte(self):
        link, _ = await self.link()
        link.set(Trickle(bytes_per_second=200))
        reader, writer = await self.client(link)
        writer.write(b"last words")
        writer.write_eof()
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            self.assertEqual(await reader.read(), b"last words")


class CutInMidReply(LinkTest):
    async def test_a_part_of_the_reply_arrives_and_the_server_has_done_the_work(self):
        for family in FAMILIES:
            with self.subTest(family):
                link, server = await self.link(family)
                server.reply = random.Random(2).randbytes(1000)
                link.set(CutInReply(seed=5))
                reader, writer = await self.client(link)
                writer.write(b"do it")
                seen = bytearray()
                try:
                    async with asyncio.timeout(WAIT_SECONDS_MAX):
                        while chunk := await reader.read(100):
                            seen += chunk
                except ConnectionResetError:
                    self.assertEqual(family, "tcp")
                self.assertTrue(0 < len(seen) < 1000, len(seen))
                self.assertEqual(seen, server.reply[:len(seen)])
                self.assertEqual(server.received, b"do it")
                await until(lambda: server.ended == 1, "the server to see the end")
                self.assertEqual(link.troubled, 1)

    async def test_then_there_is_a_pause(self):
        link, _ = await self.link("unix")
        link.set(CutInReply(pause_seconds=0.2, seed=5))
        cuts = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < 1.0:
            client = await self.client(link)
            try:
                while True:
                    await self.ask(client)
            except asyncio.IncompleteReadError:
                cuts += 1
        self.assertEqual(link.troubled, cuts)
        self.assertTrue(2 <= cuts <= 11, cuts)

    async def test_of_one_byte_nothing_arrives(self):
        link, server = await self.link("unix")
        server.reply = b"N"
        link.set(CutInReply())
        reader, writer = await self.client(link)
        writer.write(b"encrypted?")
        self.assertEqual(await closed(reader), b"")


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


async def closed(reader):
    """What still comes until the connection is closed."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        return await reader.read()


if __name__ == "__main__":
    unittest.main()
