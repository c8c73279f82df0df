"""The faults of the network draw links that are in use, hit each in its turn, and leave none in trouble."""

import asyncio
import itertools
import random
import types
import unittest

from storm.faults import network_links
from storm.faults.network_cut import NetworkCut
from storm.faults.network_cut_in_reply import NetworkCutInReply
from storm.faults.network_delay import NetworkDelay
from storm.faults.network_half_open import NetworkHalfOpen
from storm.faults.network_links import LINKS_AT_ONCE_MAX, LinkTurns
from storm.faults.network_trickle import NetworkTrickle

FAULTS = (NetworkDelay, NetworkCut, NetworkHalfOpen, NetworkTrickle, NetworkCutInReply)
BUSY = ("order-svc>redis", "order-svc>postgres", "tx-svc>tron-1", "gateway>telegram")
IDLE = "clients>gateway-4"


class NetworkInMemory:
    """Busy links carry one more chunk each time somebody looks; those in trouble are troubled by it, but not those that
    were put in trouble first."""

    def __init__(self):
        self.counts = {link: {"chunks": 0, "troubled": 0} for link in (*BUSY, IDLE)}
        self.troubles = {}
        self.ever = []
        #: How often links are put in trouble for nothing, and how often they were put in trouble.
        self.quiet_draws = 0
        self.draws = 0

    async def all_stats(self):
        for link in BUSY:
            self.counts[link]["chunks"] += 1
            self.counts[link]["troubled"] += link in self.troubles and self.draws > self.quiet_draws
        return {link: dict(counts) for link, counts in self.counts.items()}

    async def set(self, link, trouble):
        self.draws += not self.troubles
        self.troubles[link] = trouble
        self.counts[link]["troubled"] += 2 * (self.draws > self.quiet_draws)
        self.ever.append((link, trouble))

    async def clear(self, link):
        await asyncio.sleep(0)
        self.troubles.pop(link, None)


class Turns(unittest.TestCase):
    def test_every_link_comes_once_before_any_comes_again(self):
        turns, draws = LinkTurns(), random.Random(3)
        taken = [turns.take(draws, BUSY, 1)[0] for _ in range(12)]
        for number in range(0, 12, len(BUSY)):
            self.assertEqual(set(taken[number:number + len(BUSY)]), set(BUSY))

    def test_an_idle_one_is_next_when_it_is_busy(self):
        turns, draws = LinkTurns(), random.Random(3)
        turns.take(draws, BUSY, 1)
        passed_over = turns.waiting[0]
        others = [link for link in BUSY if link != passed_over]
        self.assertNotIn(passed_over, turns.take(draws, others, 2))
        self.assertEqual(turns.take(draws, BUSY, 1), [passed_over])

    def test_none_is_taken_twice_at_once(self):
        turns, draws = LinkTurns(), random.Random(3)
        for _ in range(50):
            taken = turns.take(draws, BUSY, 3)
            self.assertEqual((len(taken), len(set(taken))), (3, 3))
        self.assertEqual(sorted(turns.take(draws, BUSY, 9)), sorted(BUSY))
        self.assertEqual(turns.take(draws, [], 2), [])


class Runs(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.network = NetworkInMemory()
        self.storm = types.SimpleNamespace(network=self.network)
        look, network_links.LOOK_SECONDS = network_links.LOOK_SECONDS, 0
        self.addCleanup(setattr, network_links, "LOOK_SECONDS", look)

    async def test_each_hits_links_that_are_in_use_and_puts_them_back(self):
        for fault in (kind() for kind in FAULTS):
            with self.subTest(fault.name):
                hits = await fault.run(self.storm, random.Random(1), 0)
                self.assertTrue(1 <= len(hits) <= LINKS_AT_ONCE_MAX)
                for hit in hits:
                    self.assertIn(hit.target, BUSY)
                    self.assertGreaterEqual(hit.count, 2)
                    self.assertTrue(hit.detail)
                self.assertEqual(self.network.troubles, {})

    async def test_what_hit_nothing_has_not_fired(self):
        self.network.set = lambda link, trouble: self.network.clear(link)
        self.assertEqual(await NetworkCut().run(self.storm, random.Random(1), 0), [])

    async def test_when_nothing_wanted_to_pass_others_are_in_trouble_instead(self):
        self.network.quiet_draws = 1
        hits = await NetworkCut().run(self.storm, random.Random(1), 0)
        self.assertTrue(hits)
        self.assertTrue({hit.target for hit in hits}.isdisjoint(self.network.ever[0]))
        self.assertEqual(self.network.troubles, {})

    async def test_it_is_put_back_when_the_run_is_interrupted(self):
        for steps in range(1, 8):
            running = asyncio.create_task(NetworkHalfOpen().run(self.storm, random.Random(steps), 60))
            for _ in range(steps):
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.sleep(0)
            running.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await running
            self.assertEqual(self.network.troubles, {})
        self.assertTrue(self.network.ever)

    async def test_the_same_seed_draws_the_same_troubles(self):
        for kind in FAULTS:
            with self.subTest(kind.name):
                drawn = []
                for _ in range(2):
                    self.network.ever.clear()
                    await kind().run(self.storm, random.Random(5), 0)
                    drawn.append(list(self.network.ever))
                self.assertEqual(*drawn)

    async def test_troubles_differ_from_link_to_link(self):
        fault = NetworkDelay()
        for seed in itertools.count():
            self.network.ever.clear()
            await fault.run(self.storm, random.Random(seed), 0)
            if len(self.network.ever) > 1:
                break
        self.assertNotEqual(self.network.ever[0][1], self.network.ever[1][1])
