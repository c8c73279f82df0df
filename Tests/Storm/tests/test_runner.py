"""A run goes on whatever breaks down, and says so."""

import asyncio
import collections
import contextlib
import pathlib
import random
import tempfile
import types
import unittest
from unittest import mock

from storm import aftermath, report, runner, verdict
from storm.checks.check import Check, Finding
from storm.checks.load_whole import LoadIsWhole
from storm.checks.planted.load import PLANTED
from storm.faults.fault import Fault, Hit
from storm.history import read
from storm.load import LoadError
from storm.plan import Planned, Slot
from storm.settings import Settings
from storm.stack.supervised import Death
from tests.test_plan import settings


class Stuck(Fault):
    name, group, recovery = "stuck", "process", "process"

    async def run(self, storm, random, seconds):
        raise TimeoutError("waited 60 s for order-svc-1 to be ready")


class Broken(Check):
    name, promises, always = "broken_check", ("I1",), True

    def run(self, evidence):
        raise KeyError("status")


class Finds(Check):
    name, promises, always = "finds", ("I2",), True

    def run(self, evidence):
        return [Finding("I2", "lost", "an order", 3)]


def evidence_with(**fields):
    """Its transactions are only counted."""
    return types.SimpleNamespace(
        connection=types.SimpleNamespace(transaction=contextlib.nullcontext), **fields)


class Kit(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "storm" / "network").mkdir(parents=True)
        self.said = []
        self.runner = runner.Runner(settings(data=self.folder, minutes=1.0, rate=8.0), self.said.append)
        self.addCleanup(self.runner.history.close)

    def texts(self):
        return [finding.text for finding in self.runner.findings]


class RunnerTests(Kit):
    async def test_a_fault_that_is_not_put_right_is_a_finding_and_the_run_goes_on(self):
        self.runner.faults = {"stuck": Stuck()}
        await self.runner._fire(Planned("stuck", 1.0, 7))
        self.assertIn("waited 60 s for order-svc-1", self.texts()[0])
        self.assertEqual([(firing.name, firing.hits) for firing in self.runner.firings], [("stuck", ())])

    async def test_a_run_that_cannot_start_has_a_report_all_the_same(self):
        with mock.patch.object(runner.Network, "start", side_effect=OSError("no socket")):
            result = await self.runner.run()
        self.assertFalse(result["ok"])
        self.assertEqual(report.summary(result)["orders"], 0)
        self.assertIn("no socket", report.text(result))

    async def test_a_storm_that_is_cut_short_is_settled_and_judged(self):
        steps = []

        def step(name, error=None):
            async def run(*_):
                steps.append(name)
                if error:
                    raise error
                return verdict.Verdict()
            return run

        for name, error in (("_start", None), ("_calm", None), ("_storm", LoadError("it has ended")), ("_quiet", None),
                            ("_judge", None)):
            setattr(self.runner, name, step(name, error))
        result = await self.runner.run()
        self.assertEqual(steps, ["_start", "_calm", "_storm", "_quiet", "_judge"])
        self.assertEqual([finding.promise for finding in result["findings"]], ["harness"])
        self.assertFalse(result["ok"])

    async def test_a_load_that_has_ended_is_noticed_at_once(self):
        self.runner.storm.load = types.SimpleNamespace(has_ended=True, log=types.SimpleNamespace(name="load.log"))
        with self.assertRaisesRegex(LoadError, "load.log"):
            await self.runner._pass(60)

    async def test_what_does_not_come_to_rest_in_time_is_a_finding(self):
        self.runner.storm.load = FakeLoad()
        self.runner.sampler = mock.Mock(stop=mock.AsyncMock())
        with mock.patch.object(Settings, "rest_seconds", 0.0), mock.patch.object(Settings, "quiet_seconds_max", -1.0):
            with mock.patch.object(verdict, "unrest", return_value=None):
                await self.runner._quiet()
            self.assertEqual(self.runner.findings, [])
            with mock.patch.object(verdict, "unrest", return_value="an order is open"):
                await self.runner._quiet()
        self.assertEqual([(finding.promise, "an order is open" in finding.text) for finding in self.runner.findings], [
            ("bus-13", True)])

    async def test_a_look_that_is_under_way_when_a_phase_ends_is_taken_to_its_own(self):
        began, may_end = asyncio.Event(), asyncio.Event()

        async def look(*_):
            began.set()
            await may_end.wait()
            return {"finds": [Finding("I2", "lost", "an order")]}
        self.runner = runner.Runner(settings(data=self.folder, check_seconds=0.0), self.said.append)
        self.addCleanup(self.runner.history.close)
        with mock.patch.object(verdict, "check_now", look):
            async with asyncio.timeout(5), self.runner._checking():
                await began.wait()
                asyncio.get_running_loop().call_later(0.05, may_end.set)
        self.assertEqual([finding.text for finding in self.runner.seen["finds"]], ["an order"])

    async def test_a_few_stragglers_are_not_the_system(self):
        self.runner.storm.load = types.SimpleNamespace(figures={"overdue_since_mark": 4, "waiting": 80})
        self.assertTrue(self.runner._is_well())
        self.runner.storm.load.figures["overdue_since_mark"] = 5
        self.assertFalse(self.runner._is_well())

    async def test_the_same_complaint_is_written_once(self):
        for _ in range(3):
            self.runner.complain("a look", ValueError("x"))
        self.assertEqual(len(self.texts()), 1)
        self.assertEqual(len([line for line in read(self.runner.history.path) if line["what"] == "finding"]), 1)


class Fires(Fault):
    group = "process"

    def __init__(self, name):
        self.name = name

    async def run(self, storm, random, seconds):
        return [Hit("order-svc-1", 1)]


class FakeLoad:
    has_ended = False
    history_path = None

    async def settle(self, seconds):
        return 0

    def __init__(self):
        self.figures, self.marks = {}, []

    async def set_rate(self, rate):
        self.rate = rate

    async def mark(self, at):
        self.marks.append(at)


class StormTests(Kit):
    async def test_every_class_has_its_turn_in_a_long_run_however_little_time_is_left(self):
        self.runner = runner.Runner(
            settings(data=self.folder, minutes=10.0, gap_seconds_min=0.0, gap_seconds_max=0.0), self.said.append)
        self.addCleanup(self.runner.history.close)
        self.runner.faults = {name: Fires(name) for name in ("one", "two", "three")}
        self.runner.storm.load = FakeLoad()
        self.runner.moments["calm"] = 0.0
        await self.runner._storm()
        self.assertEqual({firing.name for firing in self.runner.firings}, {"one", "two", "three"})
        self.assertEqual(len(self.runner.storm.load.marks), 3)
        self.assertIn("storm ends", self.runner.moments)

    async def test_a_system_that_is_not_well_when_the_next_faults_are_due_is_told_and_with_a_goal_a_finding(self):
        self.runner = runner.Runner(
            settings(data=self.folder, gap_seconds_min=0.0, gap_seconds_max=0.0), self.said.append)
        self.addCleanup(self.runner.history.close)
        self.runner.faults = {"one": Fires("one"), "two": Fires("two")}
        self.runner.storm.load = FakeLoad()
        self.runner.storm.load.figures = {"overdue_since_mark": 400}
        await self.runner._run_slot(Slot(1, (Planned("one", 1.0, 7),)))
        self.assertEqual(self.texts(), [])
        self.runner.faults["two"].recovery = "process"
        await self.runner._run_slot(Slot(2, (Planned("two", 1.0, 7),)))
        self.assertEqual(self.texts(), ["not well 0 s after two: 400 who came since wait too long"])
        self.runner.storm.load.figures = {}
        await self.runner._run_slot(Slot(3, (Planned("one", 1.0, 7),)))
        self.assertEqual([firing.unwell_seconds is None for firing in self.runner.firings], [False, False, True])
        recoveries = [types.SimpleNamespace(firing=firing) for firing in self.runner.firings]
        self.assertEqual(report.unwell(recoveries[1:]), "; not well 0 s after")
        noted = [line["faults"] for line in read(self.runner.history.path) if line["what"] == "not_well"]
        self.assertEqual(noted, ["one", "two"])

    async def test_without_a_fault_of_the_network_there_is_none(self):
        for only, times in (({"kill", "overload"}, 0), ({"kill", "network_cut"}, 1)):
            run = runner.Runner(settings(data=self.folder, only=frozenset(only)), self.said.append)
            self.addCleanup(run.history.close)
            network = mock.Mock(stop=mock.AsyncMock())
            with mock.patch.object(runner.Network, "start", return_value=network) as start, \
                    mock.patch.object(runner.Stack, "start", side_effect=OSError("no room")):
                await run.run()
            self.assertEqual(start.call_count, times)

    def test_overload_lasts_for_five_minutes_and_for_a_share_of_shorter_runs(self):
        overload = frozenset({"overload"})
        self.assertEqual(settings(minutes=30.0).overload_seconds, 300)
        self.assertEqual(settings(minutes=12.0).overload_seconds, 120)
        self.assertEqual(settings(minutes=10.0, only=overload).overload_seconds, 300)
        self.assertEqual(settings(minutes=5.0, only=overload).overload_seconds, 180)


class AftermathTests(Kit):
    def death(self, **changes):
        return Death(**{
            "at": 1.0, "name": "tx-svc-1", "pid": 5, "exit_code": -6, "cause": "stop", "seconds": 60.0,
            "trouble": "ended with -6 when it was asked to stop", **changes})

    def test_the_last_stop_is_judged_and_no_death_twice(self):
        self.runner.storm.stack = types.SimpleNamespace(deaths=[self.death(name="gateway-1"), self.death()])
        self.runner.deaths_judged = 1
        self.assertEqual(
            [finding.text for finding in aftermath.findings(self.runner)],
            ["a process did not end as it should: tx-svc-1 (stop): ended with -6 when it was asked to stop"])

    def test_what_the_load_and_the_network_complain_of_is_a_finding(self):
        (self.folder / "storm" / "load.log").write_text("")
        self.assertEqual(aftermath.findings(self.runner), [])
        (self.folder / "storm" / "network" / "network.log").write_text("Exception in callback\nTraceback\nOSError: x\n")
        self.assertEqual(
            [finding.text for finding in aftermath.findings(self.runner)],
            ["network.log has 3 lines: Exception in callback … OSError: x"])


class VerdictTests(unittest.TestCase):
    def test_a_check_that_breaks_down_hides_no_other(self):
        complaints = []
        with mock.patch.object(verdict, "ALL", [Broken(), Finds()]), \
                mock.patch.object(verdict, "planted_of", return_value={}), \
                mock.patch.object(verdict, "error_table", return_value=[]):
            result = verdict.judge(
                evidence_with(log_folder=None, sql=lambda query: [], settings=types.SimpleNamespace(minutes=3)),
                lambda text: None,
                lambda what, error: complaints.append((what, repr(error))))
        self.assertEqual(complaints, [("the check broken_check", "KeyError('status')")])
        self.assertEqual([finding.promise for finding in result.findings], ["I2"])

    def test_a_look_during_an_outage_is_missed_and_a_check_that_is_too_slow_is_not(self):
        away, slow = verdict.psycopg.OperationalError("gone"), verdict.psycopg.errors.QueryCanceled("too long")
        self.assertTrue(verdict.is_away(away))
        self.assertFalse(verdict.is_away(slow))
        for words, is_away in (("could not write block 7: File too large", True), ("cache lookup failed", False)):
            self.assertEqual(verdict.is_away(verdict.psycopg.errors.InternalError_(words)), is_away)
        check, complaints = mock.Mock(), []
        check.run.side_effect = away
        with self.assertRaises(verdict.psycopg.OperationalError):
            verdict.ask(check, evidence_with(), complaints.append, verdict.is_away)
        check.run.side_effect = slow
        found = verdict.ask(check, evidence_with(), lambda *what: complaints.append(what), verdict.is_away)
        self.assertEqual(found, [])
        self.assertEqual(len(complaints), 1)

    def test_a_plant_that_breaks_down_is_one_that_was_missed(self):
        mistake = types.SimpleNamespace(name="m", check="finds")
        complaints = []
        with mock.patch.object(verdict, "all_planted", return_value=[mistake]), \
                mock.patch.object(verdict, "catches", side_effect=KeyError("row")):
            caught = verdict.planted_of(evidence_with(), lambda *what: complaints.append(what))
        self.assertEqual((caught, len(complaints)), ({"m": False}, 1))


class ReportTests(unittest.TestCase):
    def test_what_a_look_found_counts_once(self):
        early, later, other = (Finding("I9", "lost", text) for text in "abc")
        seen = {"none_ends_early": [early, later], "books_balance": [other]}
        left = report.of_looks(seen, {"none_ends_early": [early], "books_balance": []})
        self.assertEqual([finding.text for finding in left], ["c"])

    def test_an_attempt_that_is_told_that_nobody_knows_has_an_answer(self):
        silent = {"what": "order_unknown", "at": 10.0, "key": "k", "seconds": 8.0, "error": "no answer in time"}
        told = {"what": "order_unknown", "at": 10.0, "key": "k", "seconds": 0.1, "code": "outcome_unknown"}
        self.assertEqual(
            [(attempt.sent, attempt.served, attempt.answered) for attempt in report.attempts_of([silent, told])],
            [(2.0, False, False), (9.9, False, True)])
        self.assertEqual(report.counts_of_answers([silent, told]), {"no answer": 1, "503 outcome_unknown": 1})

    def test_a_refusal_for_a_reason_of_ours_serves_nobody(self):
        def served(status, code):
            line = {"what": "order_answered", "at": 1.0, "key": "k", "seconds": 0.1, "status": status, "code": code}
            return report.attempts_of([line])[0].served
        for code in ("expired", "pool_empty", "signing_paused", "deadline", "chain_refused"):
            self.assertFalse(served(409, code), code)
        for status, code in ((201, None), (402, "insufficient_balance"), (409, "price_changed")):
            self.assertTrue(served(status, code), code)
        self.assertFalse(served(410, "That button is out of date"))

    def test_a_conversation_comes_to_an_order_or_an_offer_or_is_given_up(self):
        def sent(channel, attempt):
            return {"what": "order_sent", "at": 3.0, "channel": channel, "attempt": attempt}
        lines = [
            sent("telegram", 1), sent("telegram", 2), sent("rest", 1), {"what": "offer_left", "at": 4.0},
            {"what": "dialog_left", "at": 5.0}]
        self.assertEqual(report.dialogs_of(lines), [(3.0, False), (4.0, False), (5.0, True)])

    def test_the_counters_of_the_bus_are_those_that_were_read_last(self):
        lines = [
            {"what": "sample", "figures": {"counter/energy_bus_taken_over_total/tx.events order-svc": 1.0}},
            {"what": "sample", "figures": {
                "counter/energy_bus_taken_over_total/tx.events order-svc": 2.0, "pid/redis": 7,
                "counter/energy_bus_taken_over_total/tx.commands tx-svc": 3.0,
                "counter/energy_bus_effects_lease_lost_total": 4.0}}]
        self.assertEqual(report.counters_of(lines), {"taken_over": 5, "effects_lease_lost": 4})
        self.assertIn("5 messages taken over", report.bus_text({"bus": report.counters_of(lines)}))

    def test_the_heading_tells_how_many_were_delivered_and_why_others_failed(self):
        passages = report.passages_of([
            ("a", 1.0, 2.0, None), ("b", 1.0, 2.0, "cancelled_by_customer"), ("c", 1.0, 2.0, "pool_empty"),
            ("d", 1.0, None, None)])
        self.assertEqual([(one.was_delivered, one.is_ours) for one in passages], [
            (True, False), (False, False), (False, True), (False, False)])
        result = collections.defaultdict(int, {
            "ok": False, "settings": settings(), "delivered": 1, "failures": {"pool_empty": 2, "deadline": 1}})
        self.assertIn("1 delivered, 3 failed (2 pool_empty, 1 deadline); lost 0", report.heading(result))


class LoadIsWholeTests(unittest.TestCase):
    def evidence(self, *lines, **figures):
        load = {"at": 1.0, "what": "load", "figures": {"arrivals": 1_000, "late": 10, **figures}, "unfinished": 0}
        return types.SimpleNamespace(
            history=[load, *lines], settings=settings(), forget=lambda: None)

    def test_a_whole_load_is_no_finding(self):
        self.assertEqual(LoadIsWhole().run(self.evidence()), [])

    def test_every_planted_mistake_is_named(self):
        for mistake in PLANTED:
            evidence = self.evidence()
            mistake.plant(evidence, random.Random(1))
            self.assertEqual(len(LoadIsWhole().run(evidence)), 1, mistake.name)

    def test_a_load_that_never_settled_is_a_finding(self):
        evidence = self.evidence()
        evidence.history.clear()
        self.assertIn("no figures", LoadIsWhole().run(evidence)[0].text)


if __name__ == "__main__":
    unittest.main()
