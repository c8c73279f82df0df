"""Each trouble of a link does what it says, to that link only."""

import asyncio
import random

from tests.network_kit import FAMILIES, WAIT_SECONDS_MAX, LinkTest, closed, until, use_the_proxys_event_loop

from storm.network import BOTH, DOWN, UP, Cut, CutInReply, Delay, HalfOpen, Trickle
from storm.network.shaper import QUEUE_BYTES_MAX

setUpModule = use_the_proxys_event_loop


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
