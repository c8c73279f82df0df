"""The faults' choices, turns and undoing, against a stack that only notes what is done to it."""

import asyncio
import collections
import dataclasses
import pathlib
import random
import tempfile
import types
import unittest

from storm import faults
from storm.faults import postgres_full
from storm.faults.chain_control import ChainFault, hits_of
from storm.faults.chain_views import ChainFork
from storm.faults.fault import Hit
from storm.faults.log_tail import LogTail
from storm.faults.overload import Overload
from storm.faults.process_clock import lines_between
from storm.faults.process_freeze import ProcessFreeze
from storm.faults.process_kill import ProcessKill
from storm.faults.process_scale import ProcessScale
from storm.faults.redis_away import RedisKill
from storm.faults.telegram_blocked import TelegramBlocked, choose, refusals
from storm.faults.undo import to_the_end
from storm.faults.victims import SERVICES, Claims, Turns, draw, targets


@dataclasses.dataclass(eq=False)
class FakeReplica:
    service: str
    slot: int
    pid: int | None = 1
    is_frozen: bool = False

    @property
    def name(self):
        return f"{self.service}-{self.slot}"


class FakeServer:
    def __init__(self):
        self.pid = 1
        self.runs = True

    async def kill(self):
        self.runs = False

    async def start(self):
        if not self.runs:
            self.pid += 1
        self.runs = True


class FakeStack:
    def __init__(self, replicas=2):
        self.all = {service: [FakeReplica(service, slot) for slot in range(1, replicas + 1)] for service in SERVICES}
        self.killed = []
        self.most = collections.Counter()
        self.least = collections.defaultdict(lambda: replicas)
        self.redis = FakeServer()
        self.postgres = FakeServer()

    def replicas(self, service):
        return list(self.all[service])

    def gateways(self):
        return [{"name": replica.name, "url": ""} for replica in self.all["gateway"]]

    async def kill(self, replica):
        self.killed.append(replica)
        return True

    def freeze(self, replica):
        replica.is_frozen = True

    def thaw(self, replica):
        replica.is_frozen = False

    async def add_replica(self, service, environment=None, ready_seconds=0):
        slots = {replica.slot for replica in self.all[service]}
        replica = FakeReplica(service, next(slot for slot in range(1, 5) if slot not in slots))
        self.all[service].append(replica)
        self.most[service] = max(self.most[service], len(self.all[service]))
        return replica

    async def remove_replica(self, replica):
        self.all[replica.service].remove(replica)
        self.least[replica.service] = min(self.least[replica.service], len(self.all[replica.service]))


class FakeLoad:
    def __init__(self):
        self.figures = {"sent": 0}
        self.rates = []
        self.gateways = []

    async def set_rate(self, rate):
        self.rates.append(rate)
        self.figures["sent"] += 1000

    async def set_gateways(self, gateways):
        self.gateways = gateways


def storm_on(stack):
    settings = types.SimpleNamespace(
        freeze_seconds_max=0.05, replicas_max=4, ready_seconds_max=1, rate=10, overload_seconds=0.1,
        is_only=lambda name: False)
    return types.SimpleNamespace(stack=stack, settings=settings, load=FakeLoad(), network=None)


class ListTests(unittest.TestCase):
    def test_every_class_has_what_a_schedule_needs(self):
        names = [fault.name for fault in faults.ALL]
        self.assertEqual(len(names), len(set(names)))
        for fault in faults.ALL:
            fault()
            self.assertIn(
                fault.group, {"process", "clock", "redis", "postgres", "network", "chain", "telegram", "load"})
            self.assertIn(fault.recovery, {"process", "server", None})
            for lowest, highest in filter(None, (fault.seconds, fault.seconds_short)):
                self.assertLessEqual(lowest, highest)


class VictimTests(unittest.TestCase):
    def test_every_service_has_its_turn_before_any_has_another(self):
        turns, choices = Turns(), random.Random(1)
        for _ in range(3):
            self.assertEqual({turns.take(choices) for _ in SERVICES}, set(SERVICES))

    def test_a_service_that_is_passed_over_keeps_its_turn(self):
        turns, choices = Turns(), random.Random(1)
        taken = [turns.take(choices, lambda name: name != "tx-svc") for _ in range(len(SERVICES) - 1)]
        self.assertNotIn("tx-svc", taken)
        self.assertEqual(turns.take(choices), "tx-svc")

    def test_nobody_is_taken_when_nobody_is_possible(self):
        self.assertIsNone(Turns().take(random.Random(1), lambda name: False))

    def test_two_victims_are_of_two_services(self):
        drawn = draw(FakeStack(), Turns(), random.Random(2), 2)
        self.assertEqual(len({replica.service for replica in drawn}), 2)

    def test_the_dead_the_frozen_and_the_claimed_are_left_alone(self):
        stack = FakeStack()
        stack.all["gateway"][0].pid = None
        stack.all["gateway"][1].is_frozen = True
        self.assertEqual(targets(stack, "gateway"), [])
        with Claims.of(stack).on("tx-svc"):
            self.assertEqual(targets(stack, "tx-svc"), [])
            with self.assertRaises(RuntimeError), Claims.of(stack).on("tx-svc"):
                pass
        self.assertEqual(len(targets(stack, "tx-svc")), 2)

    def test_the_same_seed_makes_the_same_choices(self):
        def names():
            return [replica.name for replica in draw(FakeStack(), Turns(), random.Random(3), 6)]

        self.assertEqual(names(), names())


class UndoTests(unittest.IsolatedAsyncioTestCase):
    async def test_it_goes_to_the_end_through_two_cancellations(self):
        done = asyncio.Event()

        async def put_back():
            await asyncio.sleep(0.05)
            done.set()

        task = asyncio.create_task(to_the_end(put_back()))
        for _ in range(2):
            await asyncio.sleep(0.01)
            task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(done.is_set())

    async def test_what_fails_is_raised(self):
        async def fail():
            raise OSError("it is still broken")

        with self.assertRaisesRegex(OSError, "still broken"):
            await to_the_end(fail())

    async def test_a_cancelled_freeze_leaves_nobody_frozen(self):
        stack = FakeStack()
        storm = storm_on(stack)
        storm.settings.freeze_seconds_max = 10
        task = asyncio.create_task(ProcessFreeze().run(storm, random.Random(1), 10))
        await asyncio.sleep(0.01)
        self.assertTrue(any(replica.is_frozen for replicas in stack.all.values() for replica in replicas))
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertFalse(any(replica.is_frozen for replicas in stack.all.values() for replica in replicas))

    async def test_a_server_comes_back_when_its_fault_is_cancelled(self):
        stack = FakeStack()
        task = asyncio.create_task(RedisKill().run(storm_on(stack), random.Random(1), 10))
        await asyncio.sleep(0.01)
        self.assertFalse(stack.redis.runs)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(stack.redis.runs)


class ProcessTests(unittest.IsolatedAsyncioTestCase):
    async def test_every_service_is_killed_within_six_firings(self):
        stack, fault, choices = FakeStack(), ProcessKill(), random.Random(4)
        for _ in range(6):
            self.assertTrue(await fault.run(storm_on(stack), choices, 0))
        self.assertEqual({replica.service for replica in stack.killed}, set(SERVICES))

    async def test_a_process_that_was_not_stopped_is_no_hit(self):
        stack = FakeStack()
        for replicas in stack.all.values():
            for replica in replicas:
                replica.pid = 2**30
        self.assertEqual(await ProcessFreeze().run(storm_on(stack), random.Random(1), 0.01), [])

    async def test_a_service_grows_to_the_most_shrinks_to_one_and_is_as_before(self):
        stack, fault, storm = FakeStack(), ProcessScale(), None
        for _ in SERVICES:
            storm = storm_on(stack)
            hits = await fault.run(storm, random.Random(5), 0)
            self.assertEqual(collections.Counter(hit.detail for hit in hits), {"added": 2, "taken away": 3})
        for service in SERVICES:
            self.assertEqual((stack.most[service], stack.least[service], len(stack.all[service])), (4, 1, 2))
        self.assertEqual(Claims.of(stack).services, set())

    async def test_customers_learn_of_gateways(self):
        stack, storm = FakeStack(), None
        fault = ProcessScale()
        fault.turns.waiting = ["gateway"]
        storm = storm_on(stack)
        await fault.run(storm, random.Random(5), 0)
        self.assertEqual(storm.load.gateways, stack.gateways())

    async def test_the_rate_goes_back_to_what_it_was(self):
        storm = storm_on(FakeStack())
        hits = await Overload().run(storm, random.Random(1), 0.01)
        self.assertEqual(storm.load.rates, [20, 10])
        self.assertEqual([hit.target for hit in hits], ["customers"])


class FakeSimulator:
    def __init__(self):
        self.asked = []
        self.counts = 0
        self.forked = True

    async def get(self, path):
        if path == "/sim/status":
            return {"forked": self.forked}
        self.counts += 2
        return {"events": [{"name": "lag", "node": 2, "count": self.counts}, {"name": "stall", "count": 1}]}

    async def post(self, path, body):
        self.asked.append((path, body))
        if path == "/sim/forks/resolve":
            raise RuntimeError(f"POST {path} answered 400: there is no fork")
        return {}


class FailingChainFault(ChainFault):
    name = "failing"

    async def act(self, chain, random, seconds):
        raise OSError("the fault itself failed")


class QuietChainFault(ChainFault):
    name = "quiet"

    async def act(self, chain, random, seconds):
        return


class ChainTests(unittest.IsolatedAsyncioTestCase):
    async def test_only_what_happened_meanwhile_is_a_hit(self):
        storm = types.SimpleNamespace(stack=types.SimpleNamespace(tron_sim=FakeSimulator()))
        hits = await QuietChainFault().run(storm, random.Random(1), 0)
        self.assertEqual(hits, [Hit("tron-2", 2, "lag 2")])

    async def test_the_chain_is_put_right_when_the_fault_fails(self):
        simulator = FakeSimulator()
        storm = types.SimpleNamespace(stack=types.SimpleNamespace(tron_sim=simulator))
        with self.assertRaisesRegex(OSError, "itself failed"):
            await FailingChainFault().run(storm, random.Random(1), 0)
        asked = dict(simulator.asked)
        self.assertIn("/sim/faults/clear", asked)
        self.assertEqual(asked["/sim/nodes/lag"], {"blocks": 0})
        self.assertEqual(asked["/sim/blocks/stall"], {"intervals": 0})
        self.assertIn("/sim/forks/resolve", asked)

    def test_hits_are_told_by_node(self):
        counts = collections.Counter({("cut", 1): 2, ("hang", 1): 1, ("stall", 0): 3})
        self.assertEqual(hits_of(counts), [Hit("tron", 3, "stall 3"), Hit("tron-1", 3, "cut 2, hang 1")])

    def test_what_the_fault_itself_asked_for_is_no_hit(self):
        commands = ("split", "join_main", "join_fork", "reorganisation_lose", "reorganisation_return")
        counts = collections.Counter({(name, 0): 1 for name in commands} | {("forget", 2): 1})
        self.assertEqual(hits_of(counts), [])
        counts.update({("replaced_transactions", 0): 90, ("fork", 2): 4})
        self.assertEqual(hits_of(counts), [Hit("tron", 90, "replaced_transactions 90"), Hit("tron-2", 4, "fork 4")])

    async def test_forks_go_on_until_one_was_seen(self):
        winners, counts = [], collections.Counter()

        class Chain:
            async def get(self, _):
                return {"interval": 1, "solid_after": 8, "nodes": [1, 2, 3]}

            async def fired(self):
                return +counts

            async def post(self, path, **fields):
                counts["split", 0] += 1

            async def end_fork(self, winner):
                winners.append(winner)
                if winner == "fork":
                    counts["replaced_transactions", 0] += 5
        await ChainFork().act(Chain(), random.Random(1), 0)
        self.assertEqual(winners, ["fork"])


class FakeTelegram:
    """The bot writes to somebody who has blocked it when the others have done so, too."""

    def __init__(self, people_to_hear):
        self.blocked = set()
        self.people_to_hear = people_to_hear
        self.refused = []

    async def get(self, _):
        if len(self.blocked) >= self.people_to_hear:
            user = min(self.blocked)
            self.refused.append({"number": 9 + len(self.refused), "parameters": {"chat_id": user}, "error_code": 403})
        return {"calls": list(self.refused)}

    async def post(self, path, _):
        _, _, _, user, verb = path.split("/")
        {"block": self.blocked.add, "unblock": self.blocked.remove}[verb](int(user))


class BlockedTests(unittest.IsolatedAsyncioTestCase):
    calls = [
        {"number": 1, "parameters": {"chat_id": "7"}},
        {"number": 2, "parameters": {"chat_id": "8"}, "error_code": 403},
        {"number": 3, "parameters": {}}]

    def test_those_to_whom_the_bot_has_written_last_are_blocked_first(self):
        for seed in range(5):
            chosen = choose(random.Random(seed), list(range(1, 101)), self.calls)
            self.assertEqual(chosen[:2], [8, 7])
            self.assertTrue(8 <= len(chosen) <= 10, chosen)

    async def test_more_people_block_the_bot_until_one_of_them_would_have_heard_something(self):
        telegram = FakeTelegram(people_to_hear=20)
        people = [{"user_id": user} for user in range(1, 101)]
        world = types.SimpleNamespace(people=people)
        written = []
        history = types.SimpleNamespace(write=lambda kind, what, **fields: written.append((what, fields["users"])))
        storm = types.SimpleNamespace(
            stack=types.SimpleNamespace(telegram_sim=telegram, world=world), history=history)
        hits = await TelegramBlocked().run(storm, random.Random(1), 0)
        self.assertEqual(len(hits), 1)
        (what, everybody), = written
        self.assertEqual(what, "people_blocked")
        self.assertTrue(20 <= len(set(everybody)) == len(everybody) <= 30, everybody)
        self.assertEqual(telegram.blocked, set())

    def test_only_a_message_that_was_refused_is_a_hit(self):
        self.assertEqual([refusals(self.calls, user) for user in (7, 8)], [0, 1])


class LogTests(unittest.TestCase):
    def test_only_what_was_added_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log"
            path.write_text("PANIC:  before\n", encoding="utf-8")
            tail = LogTail(path)
            with open(path, "a", encoding="utf-8") as file:
                file.write("PANIC:  after\nLOG:  quiet\n")
            self.assertEqual(tail.count("PANIC:", "FATAL:"), 1)

    def test_a_wrong_clock_is_seen_in_the_times_of_a_log(self):
        lines = [
            '{"message":"started","time":"2026-11-21T21:00:00.000Z"}\n', "no JSON\n", '{"message":"without a time"}\n',
            '{"message":"right","time":"2026-11-21T22:00:00.000Z"}\n']
        begins = 1795298400.0
        self.assertEqual(lines_between(lines, begins - 3600, begins - 3590), 1)


class DiskTests(unittest.TestCase):
    def test_the_limit_lies_within_a_block_above_the_largest_table(self):
        for size in (0, 8192, 3 * 1024**2, 15 * 1024**2, 17 * 1024**2, 900 * 1024**2):
            limit = postgres_full.limit_above(size)
            self.assertEqual(limit % postgres_full.BLOCK_BYTES, postgres_full.BLOCK_BYTES // 2)
            self.assertGreater(limit, size)
            self.assertEqual(limit < postgres_full.SEGMENT_BYTES, size < postgres_full.SEGMENT_BYTES)


if __name__ == "__main__":
    unittest.main()
