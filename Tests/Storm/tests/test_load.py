"""The load: its arrivals, its manners, and what it writes down."""

import asyncio
import json
import pathlib
import random
import tempfile
import time
import unittest
from unittest import mock

from storm.history import History, read
from storm.load import LoadError, LoadProcess
from storm.load.chain import is_for, transfer_words, varint
from storm.load.engine import Engine
from storm.load.figures import Figures
from storm.load.following import Follower
from storm.load.gateways import Gateways
from storm.load.kind import Kind
from storm.load.kinds import ALL
from storm.load.kinds.rest_repeat import RestRepeat
from storm.load.ordering import Placement, Terms
from storm.load.pace import Arrivals
from storm.load.rest import RestClient
from storm.load.retry import Meaning, Patience, meaning_of, retry_after_of
from storm.settings import settings_fields, settings_from

from .load_kit import RECEIVER, customers, settings, world_of


class Order(Kind):
    name, weight, is_order = "order", 30, True

    async def run(self, customer_side):
        await asyncio.sleep(0.01)


class OtherOrder(Order):
    name, weight = "other_order", 10


class Look(Order):
    name, weight, is_order = "look", 50, False


class ArrivalsTest(unittest.TestCase):
    def take(self, seconds, rate=20):
        arrivals = Arrivals([Order(), OtherOrder(), Look()], random.Random(1))
        arrivals.set_rate(rate, 1000.0)
        return arrivals.take(1000.0 + seconds)

    def test_orders_come_at_the_rate_and_others_on_top(self):
        taken = self.take(1000)
        orders = sum(kind.is_order for _, kind in taken)
        self.assertAlmostEqual(orders / 1000, 20, delta=0.6)
        self.assertAlmostEqual(sum(kind.name == "look" for _, kind in taken) / orders, 0.5, delta=0.03)
        self.assertAlmostEqual(sum(kind.name == "other_order" for _, kind in taken) / orders, 0.25, delta=0.02)

    def test_gaps_are_those_of_a_poisson_process(self):
        due = [due for due, _ in self.take(1000)]
        gaps = [after - before for before, after in zip(due, due[1:])]
        mean = sum(gaps) / len(gaps)
        deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
        self.assertAlmostEqual(deviation / mean, 1.0, delta=0.05)

    def test_arrivals_depend_on_the_seed_and_not_on_when_they_are_taken(self):
        slowly = Arrivals([Order(), Look()], random.Random(3))
        slowly.set_rate(5, 0.0)
        at_once = Arrivals([Order(), Look()], random.Random(3))
        at_once.set_rate(5, 0.0)
        pieces = [arrival for second in range(60) for arrival in slowly.take(second + 1.0)]
        self.assertEqual([(due, kind.name) for due, kind in pieces],
                         [(due, kind.name) for due, kind in at_once.take(60.0)])

    def test_without_a_rate_nobody_comes(self):
        self.assertEqual(self.take(1000, rate=0), [])


class KindsTest(unittest.TestCase):
    def test_every_kind_has_a_name_of_its_own_and_a_share(self):
        names = [kind.name for kind in ALL]
        self.assertEqual(len(names), len(set(names)))
        for kind in ALL:
            self.assertGreater(kind.weight, 0, kind.name)


class MannersTest(unittest.TestCase):
    def test_what_an_answer_means(self):
        for status in (200, 201, 202, 204, 400, 402, 404, 409, 422):
            self.assertIs(meaning_of(status), Meaning.FINAL)
        for status in (429, 503):
            self.assertIs(meaning_of(status), Meaning.LATER)
        for status in (500, 502, 504):
            self.assertIs(meaning_of(status), Meaning.UNKNOWN)
        self.assertIs(meaning_of(503, "outcome_unknown"), Meaning.OPEN)
        self.assertIs(meaning_of(503, "unavailable"), Meaning.LATER)

    def test_waits_grow_up_to_a_limit(self):
        patience = Patience(settings(retry_seconds_min=0.3, retry_seconds_max=5.0), random.Random(1))
        waits = [patience.next_wait() for _ in range(10)]
        for wait, base in zip(waits, (0.3, 0.6, 1.2, 2.4, 4.8, 5, 5, 5, 5, 5)):
            self.assertTrue(base / 2 <= wait <= base, (wait, base))

    def test_retry_after_is_obeyed(self):
        patience = Patience(settings(), random.Random(1))
        self.assertGreaterEqual(patience.next_wait(retry_after=5), 5)
        self.assertEqual(retry_after_of({"Retry-After": "60"}), 60)
        self.assertIsNone(retry_after_of({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}))
        self.assertIsNone(retry_after_of({}))


class GatewaysTest(unittest.TestCase):
    def setUp(self):
        self.now = 100.0
        side = mock.Mock(settings=settings(gateway_avoid_seconds=5.0))
        side.world.gateways = [{"name": name, "url": "http://" + name} for name in ("a", "b", "c")]
        self.gateways = Gateways(side, clock=lambda: self.now)
        self.random = random.Random(1)

    def names(self, **given):
        return {self.gateways.choose(self.random, **given) for _ in range(50)}

    def test_all_are_asked(self):
        self.assertEqual(self.names(), {"a", "b", "c"})
        self.assertEqual(self.names(but=("a",)), {"b", "c"})

    def test_a_silent_one_is_avoided_for_a_while(self):
        self.gateways.silent("a")
        self.assertEqual(self.names(), {"b", "c"})
        self.now += 5.1
        self.assertEqual(self.names(), {"a", "b", "c"})

    def test_when_all_are_avoided_the_first_to_return_is_asked(self):
        for name in "abc":
            self.gateways.silent(name)
        self.gateways.refused("b")
        self.assertEqual(self.names(), {"b"})

    def test_several_are_different_ones(self):
        self.assertEqual(set(self.gateways.several(3, self.random)), {"a", "b", "c"})
        self.assertEqual(len(self.gateways.several(5, self.random)), 5)

    def test_gateways_come_and_go(self):
        self.gateways.silent("a")
        self.gateways.replace([{"name": "d", "url": "http://d"}])
        self.assertEqual(self.names(), {"d"})
        self.assertIsNone(self.gateways.url("a"))


class FiguresTest(unittest.TestCase):
    def test_those_who_wait_are_counted(self):
        figures = Figures()
        figures.begin_wait("k", 995.0)
        self.assertEqual(figures.values()["waiting"], 1)
        figures.end_wait("k")
        self.assertEqual(figures.values()["waiting"], 0)

    def test_only_those_who_came_after_the_mark_are_overdue(self):
        now = [1000.0]
        figures = Figures(clock=lambda: now[0], overdue_seconds=6.0)
        figures.begin_wait("before", 980.0)
        figures.begin_wait("after", 1001.0)
        figures.set_mark(1000.0)
        now[0] = 1006.9
        self.assertEqual(figures.values()["overdue_since_mark"], 0)
        now[0] = 1007.1
        self.assertEqual(figures.values()["overdue_since_mark"], 1)
        figures.end_wait("after")
        self.assertEqual(figures.values()["overdue_since_mark"], 0)


class HistoryTest(unittest.TestCase):
    def test_every_line_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "history"
            history = History(path)
            texts = ["половина", "\ud83d", "a\u0000b", 2**70, {"a": [1, None]}]
            for text in texts:
                history.write("rest", "hostile", body=text)
            history.close()
            self.assertEqual([line["body"] for line in read(path)], texts)

    def test_a_line_that_was_cut_off_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "history"
            path.write_text('{"at":1,"kind":"a","what":"b"}\n{"at":2,"ki', encoding="utf-8")
            self.assertEqual([line["at"] for line in read(path)], [1])


class PaymentTest(unittest.TestCase):
    def test_bytes_are_compared_with_what_was_asked_for(self):
        self.assertEqual(varint(300), "ac02")
        self.assertEqual(len(transfer_words(RECEIVER, 5)), 128)
        self.assertFalse(is_for({"raw_data_hex": "00", "txID": "00"}, RECEIVER, 1, "TRX"))


class OrderingTest(unittest.IsolatedAsyncioTestCase):
    async def place(self, side, **given):
        placement = Placement(side, "rest_order", side.world.rest_clients[0], Terms(RECEIVER, 65_000, 10))
        await placement.place(**given)
        return placement

    async def test_an_order_is_placed_and_read_to_its_end(self):
        async with customers() as (side, _):
            placement = await self.place(side)
            self.assertEqual(placement.answer.status, 201)
            with mock.patch("storm.load.following.FIRST_LOOK", (0.0, 0.0)), \
                    mock.patch("storm.load.following.LAST_LOOK", (0.05, 0.05)):
                self.assertTrue(await Follower.of(placement).follow())
            self.assertEqual([line["status"] for line in side.lines("order_seen")], ["completed"])
            self.assertEqual(side.lines("order_sent")[0]["key"], placement.key)

    async def test_not_now_is_asked_again_with_the_same_key(self):
        async with customers(1) as (side, (gateway,)):
            gateway.moods = ["later", "later"]
            placement = await self.place(side)
            self.assertEqual([line["status"] for line in side.lines("order_answered")], [503, 503, 201])
            self.assertEqual([line["final"] for line in side.lines("order_answered")], [False, False, True])
            self.assertEqual(list(gateway.orders), [placement.key])

    async def test_not_now_is_taken_for_an_answer_after_some_times(self):
        async with customers(1, refusals_max=3) as (side, (gateway,)):
            gateway.moods = ["later"] * 9
            placement = await self.place(side)
            self.assertIsNone(placement.answer)
            self.assertEqual([line["final"] for line in side.lines("order_answered")], [False, False, True])
            self.assertEqual(side.figures.counts["orders_refused"], 1)
            self.assertEqual(side.figures.waiting, {})

    async def test_after_an_attempt_without_answer_not_now_is_none(self):
        async with customers(1, refusals_max=1) as (side, (gateway,)):
            gateway.moods = ["cut", "later", "later", "later"]
            placement = await self.place(side)
            self.assertEqual(placement.answer.status, 201)
            self.assertTrue(placement.answer.is_replayed)
            self.assertEqual(len(gateway.orders), 1)
            self.assertEqual(len(side.lines("order_unknown")), 1)

    async def test_an_answer_that_says_broken_is_none_and_a_finding(self):
        async with customers(1) as (side, (gateway,)):
            gateway.moods = ["broken"]
            placement = await self.place(side)
            self.assertEqual(placement.answer.status, 201)
            self.assertEqual(side.lines("unexpected")[0]["status"], 500)
            self.assertEqual(side.lines("order_unknown")[0]["error"], "status 500")

    async def test_an_outcome_that_nobody_knows_is_asked_for_with_the_same_key(self):
        async with customers(1, refusals_max=1) as (side, (gateway,)):
            gateway.moods = ["open", "later", "later"]
            placement = await self.place(side)
            self.assertEqual(placement.answer.status, 201)
            self.assertEqual(list(gateway.orders), [placement.key])
            self.assertEqual([line["code"] for line in side.lines("order_unknown")], ["outcome_unknown"])
            # After that "not now" refuses nothing.
            self.assertEqual([line["final"] for line in side.lines("order_answered")], [False, False, True])
            self.assertEqual(side.lines("unexpected"), [])

    async def test_not_now_without_a_time_is_written_down_whatever_was_asked_for(self):
        async with customers(1) as (side, (gateway,)):
            gateway.moods = ["rude", "later"]
            rest, client = side.part(RestClient), side.world.rest_clients[0]
            await rest.ask(side, "rest_balance", client, "GET", "/v1/balance", None)
            self.assertEqual(
                [(line["path"], line["status"], line["retry_after"]) for line in side.lines("put_off")],
                [("/v1/balance", 503, None)])

    async def test_a_silent_gateway_is_left_for_another(self):
        async with customers(2, request_seconds_max=0.2) as (side, gateways):
            for gateway in gateways:
                gateway.moods = ["hang"]
            placement = await self.place(side)
            self.assertEqual(placement.answer.status, 201)
            names = [line["gateway"] for line in side.lines("order_unknown")]
            self.assertEqual(sorted(names), ["gateway-1", "gateway-2"])

    async def test_a_refused_connection_costs_no_time(self):
        async with customers(2, retry_seconds_min=5.0, retry_seconds_max=5.0) as (side, gateways):
            await gateways[0].stop()
            began = time.monotonic()
            for _ in range(6):
                await self.place(side)
            self.assertLess(time.monotonic() - began, 2.0)
            self.assertEqual(len(gateways[1].orders), 6)

    async def test_who_was_never_answered_asks_again_when_the_storm_is_over(self):
        async with customers(1, request_seconds_max=0.1, unanswered_seconds_max=0.3) as (side, (gateway,)):
            gateway.moods = ["hang"] * 30
            task = asyncio.create_task(self.place(side))
            while side.figures.waiting or not side.lines("order_sent"):
                await asyncio.sleep(0.02)
            gateway.moods = []
            side.settling.begin(5)
            placement = await asyncio.wait_for(task, 5)
            self.assertEqual(placement.answer.status, 201)

    async def test_who_is_never_answered_at_all_gives_up_in_the_end(self):
        async with customers(1, request_seconds_max=0.1) as (side, (gateway,)):
            gateway.moods = ["hang"] * 100
            side.settling.begin(0.3)
            placement = await asyncio.wait_for(self.place(side), 5)
            self.assertIsNone(placement.answer)
            self.assertEqual(side.lines("order_given_up")[0]["key"], placement.key)

    async def test_copies_are_one_order_and_another_body_is_refused(self):
        async with customers(2) as (side, gateways):
            gateways[1].orders = gateways[0].orders
            side.random.seed(2)
            with mock.patch("storm.load.kinds.rest_repeat.LATER", (0.0, 0.01)), \
                    mock.patch("storm.load.following.SHARE_OF_CURIOUS", 0), \
                    mock.patch("storm.load.following.FIRST_LOOK", (0.3, 0.3)):
                for _ in range(6):
                    await RestRepeat().run(side)
            self.assertEqual(len(gateways[0].orders), 6)
            self.assertTrue(any(line["replayed"] for line in side.lines("order_answered")))
            refused = side.lines("hostile")
            self.assertTrue(refused)
            self.assertEqual({(line["status"], line["code"]) for line in refused}, {(422, "idempotency_key_reused")})

    def test_a_request_in_other_words_means_the_same(self):
        terms = Terms(RECEIVER, 65_000, 10, 5)
        plain, respelt = json.loads(terms.body()), json.loads(terms.body_respelt())
        self.assertEqual({**plain, "receiver": respelt["receiver"]}, respelt)
        self.assertNotEqual(list(plain), list(respelt))
        self.assertRegex(respelt["receiver"], "^41[0-9a-f]{40}$")


class Slow(Order):
    async def run(self, customer_side):
        await customer_side.settling.wait()


class Broken(Order):
    async def run(self, customer_side):
        customer_side.begin_wait(f"key-{customer_side.number}")
        raise ZeroDivisionError("a mistake of the harness")


class EngineTest(unittest.IsolatedAsyncioTestCase):
    async def run_engine(self, kind, side, seconds=0.4):
        engine = Engine(side.settings, side.world, side.history, [kind])
        engine.start()
        engine.set_rate(100)
        await asyncio.sleep(seconds)
        left = await engine.settle(2)
        values = engine.values()
        await engine.stop()
        self.assertEqual(left, 0)
        return values

    async def test_slow_answers_keep_nobody_from_coming(self):
        async with customers(1) as (side, _):
            values = await self.run_engine(Slow, side)
            self.assertGreater(values["arrivals"], 15)

    async def test_who_cannot_be_taken_on_is_written_down(self):
        async with customers(1, arrivals_max=5) as (side, _):
            values = await self.run_engine(Slow, side)
            self.assertEqual(values["not_started"], values["arrivals"] - 5)
            self.assertEqual(len(side.lines("not_started")), values["not_started"])

    async def test_a_broken_kind_is_reported(self):
        async with customers(1) as (side, _):
            values = await self.run_engine(Broken, side, 0.2)
            self.assertEqual(values["broken"], values["arrivals"])
            self.assertIn("ZeroDivisionError", side.lines("broken")[0]["error"])
            # Nobody waits for what will never come.
            self.assertEqual(values["waiting"], 0)


class ProcessTest(unittest.IsolatedAsyncioTestCase):
    async def test_the_load_is_told_what_to_do_and_tells_its_figures(self):
        async with customers(2, request_seconds_max=0.5) as (side, gateways):
            with tempfile.TemporaryDirectory() as folder:
                load = await LoadProcess.start(side.settings, world_of(gateways), folder)
                try:
                    await load.set_rate(40)
                    await load.set_gateways(side.world.gateways[:1])
                    await asyncio.sleep(1.0)
                    with self.assertRaises(LoadError):
                        await load.set_gateways([])
                    await load.mark(time.time())
                    await load.settle(1)
                    self.assertFalse(load.has_ended)
                finally:
                    await load.stop()
                self.assertGreater(load.figures["orders_accepted"], 10)
                self.assertEqual(load.figures.get("broken", 0), 0, (pathlib.Path(folder) / "load.log").read_text())
                keys = {line["key"] for line in read(load.history_path) if line["what"] == "order_answered"}
                self.assertGreaterEqual(len(keys), load.figures["orders_accepted"])
                self.assertEqual(gateways[1].requests, [])

    async def test_a_load_that_has_ended_is_no_silence(self):
        async with customers(1) as (side, gateways):
            with tempfile.TemporaryDirectory() as folder:
                load = await LoadProcess.start(side.settings, world_of(gateways), folder)
                load.process.kill()
                with self.assertRaises(LoadError):
                    await load.settle(5)
                    await load.set_rate(1)
                self.assertTrue(load.has_ended)
                await load.stop()

    def test_settings_survive_the_way_to_the_process(self):
        given = settings(only=frozenset({"redis_kill"}))
        self.assertEqual(settings_from(json.loads(json.dumps(settings_fields(given)))), given)


if __name__ == "__main__":
    unittest.main()
