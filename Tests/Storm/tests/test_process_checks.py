"""The checks of processes, on samples made by hand."""

import types
import unittest

from storm.checks.duplicates import absorbed
from storm.checks.processes import MEGABYTE, BackToBase, DeathsAskedFor, NoSteadyGrowth, StreamsBounded, level
from storm.prometheus import Totals, series

from .checks_kit import HandMade, texts


def sample(at, **figures):
    return {"at": at, "what": "sample", "figures": figures}


class ProcessTests(unittest.TestCase):
    def history(self, rest):
        """A calm with two replicas, a storm, and `rest` at its end."""
        calm = [
            {"at": at, "what": "sample", "figures": {"descriptors/tx-svc-1": 30, "descriptors/tx-svc-2": 40}}
            for at in (1, 2, 3)]
        storm = {"at": 10, "what": "sample", "figures": {"descriptors/tx-svc-1": 900}}
        ends = [{"at": at, "what": "sample", "figures": {"descriptors/tx-svc-1": rest}} for at in (30, 31, 32)]
        return [
            {"at": 0, "what": "phase", "name": "calm"}, *calm, {"at": 5, "what": "phase", "name": "storm"}, storm,
            {"at": 20, "what": "phase", "name": "quiet"}, *ends]

    def test_the_level_of_a_service_is_that_of_its_largest_replica(self):
        self.assertEqual(level(self.history(1)[1:4], "descriptors"), {"tx-svc": 40})

    def test_what_was_taken_in_the_storm_and_given_back_is_no_finding(self):
        self.assertEqual(BackToBase().run(HandMade(history=self.history(50))), [])

    def test_what_is_not_given_back_is(self):
        self.assertEqual(texts(BackToBase().run(HandMade(history=self.history(500)))), [
            "not back to base: tx-svc has 500 descriptors, 40 in the calm"])

    def test_who_is_not_seen_at_rest_is_named(self):
        history = self.history(50)
        for line in history[-3:]:
            line["figures"] = {"descriptors/gateway-1": 40}
        self.assertEqual(texts(BackToBase().run(HandMade(history=history))), [
            "not back to base: tx-svc has no descriptors any more: it is not seen"])

    def test_a_run_without_samples_has_proved_nothing(self):
        self.assertEqual(len(BackToBase().run(HandMade())), 1)

    def test_streams_are_all_but_empty_at_rest(self):
        history = self.history(1)
        history.append(sample(40, **{"stream_length/tx.events": 50_000}))
        self.assertEqual(texts(StreamsBounded().run(HandMade(history=history))), [
            "Redis is not back to base: tx.events holds 50000 entries"])

    def test_only_deaths_that_nobody_asked_for_or_that_went_wrong_count(self):
        def death(**given):
            return types.SimpleNamespace(**{
                "name": "tx-svc-1", "exit_code": -9, "cause": "kill", "seconds": 5, "trouble": "", "asked": True,
                **given})
        deaths = [death(), death(cause="", asked=False, exit_code=-4), death(cause="removed", trouble="took 25 s")]
        self.assertEqual(texts(DeathsAskedFor().run(HandMade(deaths=deaths))), [
            "a process died by itself: tx-svc-1 with exit code -4 after 5 s",
            "a process did not end as it should: tx-svc-1 (removed): took 25 s"])


class CounterTests(unittest.TestCase):
    TEXT = '# TYPE n counter\nn{topic="a",group="b"} 3\nn_more 7\nother 1\n'

    def test_a_name_is_not_taken_for_its_beginning(self):
        self.assertEqual(list(series(self.TEXT, ("n",))), [("n", {"topic": "a", "group": "b"}, 3.0)])

    def test_a_count_survives_its_process(self):
        totals = Totals(["n"])
        totals.note("tx-svc-1", 10, 'n{topic="a",group="b"} 3')
        totals.note("tx-svc-1", 10, 'n{topic="a",group="b"} 5')
        totals.note("tx-svc-1", 11, 'n{topic="a",group="b"} 1')
        self.assertEqual(totals.sums(), {"n/a b": 6.0})

    def test_the_last_sample_tells_how_many_duplicates_there_were(self):
        counters = {"counter/energy_bus_duplicates_total/a b": 4.0, "counter/energy_bus_handled_total/a b": 9.0}
        lines = [sample(1), sample(2, **counters), {"at": 3, "what": "phase", "name": "end"}]
        self.assertEqual(absorbed(lines), 4)
        self.assertEqual(absorbed([]), 0)


class GrowthTests(unittest.TestCase):
    def life(self, megabytes, seconds=1_200, **figures):
        """A process with so much memory in each quarter of its life."""
        return [
            {"at": seconds * step / 40, "what": "sample", "figures": {
                "pid/tx-svc-1": 7, "rss_bytes/tx-svc-1": megabytes[min(3, step // 10)] * MEGABYTE, **figures}}
            for step in range(41)]

    def found(self, *arguments, **figures):
        return texts(NoSteadyGrowth().run(HandMade(history=self.life(*arguments, **figures))))

    def test_who_fills_its_caches_and_then_stays_as_it_is_does_not_grow(self):
        self.assertEqual(self.found((60, 100, 101, 102)), [])

    def test_who_takes_more_and_more_does(self):
        self.assertEqual(self.found((60, 100, 120, 140)), [
            "a process that grows: tx-svc-1 (7) had 100 M rss_bytes in its second quarter, 140 M in its last one"])

    def test_a_short_life_says_nothing(self):
        self.assertEqual(self.found((60, 100, 120, 140), 500), [])

    def test_each_life_is_looked_at_by_itself(self):
        younger = [
            {**line, "at": line["at"] + 1_300, "figures": {**line["figures"], "pid/tx-svc-1": 8}}
            for line in self.life((200, 210, 210, 210))]
        history = self.life((60, 100, 100, 100)) + younger
        self.assertEqual(NoSteadyGrowth().run(HandMade(history=history)), [])

    def test_simulators_keep_their_past(self):
        simulator = self.life((60, 100, 120, 140))
        for line in simulator:
            line["figures"] = {
                name.replace("tx-svc-1", "tron-sim"): value for name, value in line["figures"].items()}
        self.assertEqual(NoSteadyGrowth().run(HandMade(history=simulator)), [])


if __name__ == "__main__":
    unittest.main()
