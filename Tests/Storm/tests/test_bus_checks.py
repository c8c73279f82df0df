"""The checks of the bus, logs, secrets and answers, on evidence made by hand."""

import dataclasses
import pathlib
import tempfile
import unittest

from storm.checks import ALL
from storm.checks.at_rest import ConsumersAlive, DeadLetters, GroupsAtRest, stirring
from storm.checks.bus import _without_operators
from storm.checks.check import Check, Finding
from storm.checks.logs import NoCrash, NothingCritical, error_table
from storm.checks.catching import all_planted, catches, unspoilt
from storm.checks.planting import one_of, planted
from storm.checks.refusals import NotNowSaysWhen, OrderRequest, RefusedProperly, guilty, requests_of
from storm.checks.secrets import Searcher, _in_files, spellings
from storm.checks.story import UNKNOWN_CODE
from storm.checks.streams import BusState, Consumer, Group, Stream
from storm.checks.topics import TOPICS
from storm.checks.traffic import (
    SUCCESS, SUCCESS_BY_COMMAND, WITHOUT_PROOF, EveryKindGotThrough, expected)
from storm.load.kinds import ALL as KINDS

from .checks_kit import HandMade, texts


def calm_bus():
    streams = {
        topic: Stream(topic, 3, [Group(reader, 0, 0, [Consumer(f"{reader}@1-a", 0, 1.0)]) for reader in readers], 0, [])
        for topic, readers in TOPICS.items()}
    services = sorted({reader for readers in TOPICS.values() for reader in readers})
    return HandMade(
        bus=BusState(streams, {f"{service}@1-a" for service in services}), alive=[f"{name}-1" for name in services])


class AtRestTests(unittest.TestCase):
    def test_a_calm_bus_breaks_no_promise(self):
        for check in (DeadLetters(), GroupsAtRest(), ConsumersAlive()):
            self.assertEqual(check.run(calm_bus()), [])

    def test_a_dead_letter_is_named_with_its_reason(self):
        evidence = calm_bus()
        evidence.bus.streams["tx.events"].dead = 1
        evidence.bus.streams["tx.events"].letters = [("order-svc", "attempts", "tx.DelegationFinal", "x")]
        self.assertIn("order-svc attempts tx.DelegationFinal", texts(DeadLetters().run(evidence))[0])

    def test_what_a_group_holds_has_not_read_or_lacks_is_named(self):
        evidence = calm_bus()
        evidence.bus.streams["tx.events"].groups[0].pending = 2
        evidence.bus.streams["order.events"].groups[1].unread = 5
        evidence.bus.streams["wallet.events"].groups.pop()
        evidence.bus.streams["tx.commands"].groups.append(Group("stranger", 0, 0, []))
        self.assertEqual(texts(GroupsAtRest().run(evidence)), [
            "a group holds messages that it has not acknowledged: order-svc of tx.events: 2",
            "a group has not read its stream to the end: session-svc of order.events: 5 or more of 3",
            "a declared group is not there: monitor-svc of wallet.events",
            "an undeclared group is there: stranger of tx.commands"])

    def test_a_reader_that_has_just_died_is_not_yet_to_be_forgotten(self):
        evidence = calm_bus()
        consumers = evidence.bus.streams["tx.events"].groups[0].consumers
        consumers.append(Consumer("order-svc@2-b", 0, 30.0))
        self.assertEqual(ConsumersAlive().run(evidence), [])
        consumers[-1].idle_seconds = 300.0
        self.assertEqual(len(ConsumersAlive().run(evidence)), 1)

    def test_what_is_tried_again_in_a_moment_is_not_at_rest(self):
        evidence = HandMade(answers={"effects": [{"service": "gateway", "kind": "DeliverScreen", "times": 2}]})
        self.assertEqual(stirring(evidence), ["2 × DeliverScreen of gateway will be tried again"])

    def test_processes_without_a_sign_of_life_are_counted(self):
        evidence = calm_bus()
        evidence.alive.append("tx-svc-2")
        self.assertEqual(texts(ConsumersAlive().run(evidence)), [
            "signs of life and processes differ: tx-svc: 1 give signs of life, 2 run"])


class TrafficTests(unittest.TestCase):
    PHASES = [
        {"at": 0.0, "kind": "storm", "what": "phase", "name": "calm", "rate": 10.0},
        {"at": 100.0, "kind": "storm", "what": "phase", "name": "storm", "rate": 20.0},
        {"at": 200.0, "kind": "storm", "what": "phase", "name": "quiet", "rate": 0}]

    def test_each_kind_says_what_proves_that_somebody_got_through(self):
        proved = SUCCESS.keys() | SUCCESS_BY_COMMAND.keys() | WITHOUT_PROOF
        self.assertEqual(proved, {kind.name for kind in KINDS})

    def test_so_many_come_as_the_rates_and_the_weights_say(self):
        arrivals = expected(self.PHASES, 50.0)
        self.assertAlmostEqual(sum(arrivals[kind.name] for kind in KINDS if kind.is_order), 3_000)
        self.assertAlmostEqual(arrivals["rest_balance"], 180)

    def test_a_kind_in_which_nobody_got_through_is_named(self):
        def found(*lines):
            saved = [{"type": "wallet.SaveAddress"}]
            evidence = HandMade(history=[*self.PHASES, *lines], answers={"gateway.outbox": saved})
            return " ".join(texts(EveryKindGotThrough().run(evidence)))
        seen = {"at": 1.0, "kind": "rest_balance", "what": "balance_seen"}
        self.assertIn("rest_balance, about 180 arrivals", found())
        self.assertNotIn("rest_balance", found(seen))
        self.assertNotIn("rest_addresses", found())


class OriginTests(unittest.TestCase):
    ROW = {"reader": "tx-svc", "id": "m1", "at": 100.0}

    def answer(self, **given):
        return {"service": "tx-svc", "causation": "", "correlation": "c", "at": 101.0, **given}

    def test_an_operator_explains_what_his_command_caused(self):
        self.assertEqual(_without_operators([self.ROW], [self.answer(causation="m1")]), [])

    def test_a_late_answer_explains_one_message_of_its_service(self):
        self.assertEqual(_without_operators([self.ROW], [self.answer()]), [])
        self.assertEqual(len(_without_operators([self.ROW, {**self.ROW, "id": "m2"}], [self.answer()])), 1)

    def test_another_service_or_an_answer_before_the_message_explains_nothing(self):
        for answer in (self.answer(service="gateway"), self.answer(at=99.0), self.answer(at=900.0)):
            self.assertEqual(len(_without_operators([self.ROW], [answer])), 1)


class LogTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text, name="tx-svc-1.log"):
        (self.folder / name).write_text(text, encoding="utf-8")

    def test_lines_that_differ_in_numbers_are_one_line_of_the_table(self):
        line = '{"fields":{},"level":"error","message":"order %d is late","service":"tx-svc","time":""}\n'
        self.write(line % 1 + line % 22 + '{"level":"info","message":"error"}\n')
        self.assertEqual(error_table(self.folder), [(2, "error", "tx-svc", "order # is late")])

    def test_a_trap_and_a_critical_line_are_findings(self):
        self.write('Fatal error: index out of range\n{"level":"critical","message":"look","service":"tx-svc"}\n')
        evidence = HandMade(log_folder=self.folder)
        self.assertEqual(len(NoCrash().run(evidence)), 1)
        self.assertEqual(len(NothingCritical().run(evidence)), 1)

    def test_each_spelling_of_a_secret_is_found_and_none_is_named(self):
        secrets = ["7012345:AAfb00ffbe1122334455", "00ffbe" * 10, "ek_0123456789abcdef_to-ken_of_a_client"]
        with Searcher(secrets) as searcher:
            for form in {form for secret in secrets for form in spellings(secret)}:
                (self.folder / "a.log").write_bytes(b"before " + form + b" after\n")
                found = searcher.files([self.folder / "a.log"])
                self.assertEqual(len(found), 1, form)
                self.assertFalse(any(secret in str(found) for secret in secrets))
                with searcher.stream() as (write, seen):
                    write(b"\0before" + form + b"after")
                self.assertEqual(len(seen), 1, form)
            (self.folder / "a.log").write_text("nothing of the kind")
            self.assertEqual(searcher.files([self.folder / "a.log"]), set())

    def test_a_key_is_found_raw_whatever_bytes_it_has(self):
        secret = "00ff0d85be" * 6
        with Searcher([secret]) as searcher:
            (self.folder / "a.log").write_bytes(b"before " + bytes.fromhex(secret) + b" after\n")
            self.assertEqual(len(searcher.files([self.folder / "a.log"])), 1)
            with searcher.stream() as (write, seen):
                write(b"\0" + bytes.fromhex(secret) + b"\0")
            self.assertEqual(len(seen), 1)

    def test_what_customers_were_told_and_gateways_journal_are_searched(self):
        evidence = HandMade(log_folder=self.folder, redis=None)
        evidence.settings = dataclasses.replace(evidence.settings, data=self.folder / "data")
        for name in ("storm/load.jsonl", "journal/1/updates.jsonl"):
            path = self.folder / "data" / name
            path.parent.mkdir(parents=True)
            path.write_text("a secret of some length")
            with Searcher(["a secret of some length"]) as searcher:
                self.assertEqual([place for place, _ in _in_files(evidence, searcher)], [path.name])
            path.unlink()

    def test_more_than_a_search_can_read_ends_it_well(self):
        with Searcher(["a secret that comes again and again"]) as searcher, searcher.stream() as (write, seen):
            for _ in range(20_000):
                write(b"a secret that comes again and again\n")
        self.assertEqual(len(seen), 1)


class AnswerTests(unittest.TestCase):
    def hostile(self, status, code=None):
        return {"what": "hostile", "case": "c", "status": status, "code": code, "allowed": [[422, "bad"], [413, None]]}

    def test_a_refusal_is_right_by_status_and_code(self):
        right = [self.hostile(422, "bad"), self.hostile(413, "any"), self.hostile(503), self.hostile(429)]
        self.assertEqual(RefusedProperly().run(HandMade(history=right)), [])
        for wrong in (self.hostile(422, "other"), self.hostile(500), self.hostile(201)):
            self.assertEqual(len(RefusedProperly().run(HandMade(history=[wrong]))), 1)

    def test_not_now_without_a_time_is_a_finding_over_rest_only(self):
        def order(channel, **given):
            return [
                {"what": "order_sent", "key": channel, "channel": channel},
                {"what": "order_answered", "key": channel, "status": 503, **given}]
        self.assertEqual(NotNowSaysWhen().run(HandMade(history=order("telegram") + order("rest", retry_after=2.0))), [])
        self.assertEqual(len(NotNowSaysWhen().run(HandMade(history=order("rest")))), 1)

    def test_not_now_without_a_time_is_a_finding_whatever_was_asked(self):
        line = {"what": "put_off", "path": "/v1/balance", "status": 429, "retry_after": None}
        self.assertEqual(texts(NotNowSaysWhen().run(HandMade(history=[line]))), [
            "turned away without Retry-After: /v1/balance: 429"])

    def test_an_attempt_without_an_answer_may_have_ordered_at_any_later_time(self):
        attempts = requests_of([
            {"what": "order_unknown", "key": "k", "at": 10.0, "seconds": 8.0, "was_sent": True},
            {"what": "order_unknown", "key": "k", "at": 11.0, "seconds": 0.0, "was_sent": False},
            {"what": "order_answered", "key": "k", "at": 12.0, "seconds": 1.0, "status": 503}])
        self.assertEqual(attempts, {"k": [OrderRequest(2.0, None, None), OrderRequest(11.0, 12.0, 503)]})
        self.assertEqual(guilty(attempts["k"], 11.5), [])

    def test_an_answer_that_the_outcome_is_unknown_is_no_error(self):
        attempts = requests_of([{
            "what": "order_answered", "key": "k", "at": 12.0, "seconds": 1.0, "status": 503, "code": UNKNOWN_CODE}])
        self.assertEqual(guilty(attempts["k"], 11.5), [])

    def test_the_only_attempt_that_can_have_ordered_must_not_be_told_of_an_error(self):
        before, after = OrderRequest(1.0, 2.0, 503), OrderRequest(5.0, 6.0, 201)
        self.assertEqual(guilty([before, after], 1.5), [before])
        self.assertEqual(guilty([before, after], 5.5), [])


class CountingCheck(Check):
    name = "counting"
    promises = ()

    def run(self, evidence):
        return [Finding("x", "other", line["what"]) for line in evidence.history]


class PlantedTests(unittest.TestCase):
    def test_a_mistake_is_caught_by_what_the_check_says_beyond_what_it_says_anyway(self):
        def adding(what):
            return lambda evidence, random: evidence.history.append({"what": what}) or "a line"
        evidence = HandMade(history=[{"what": "known"}])
        mistakes = [
            planted("new", "counting", adding("new")), planted("same", "counting", adding("known")),
            planted("nothing", "counting", lambda evidence, random: one_of(random, []))]
        caught = [(catch.planted.name, catch.what, len(catch.findings)) for catch in catches(
            evidence, [CountingCheck()], mistakes)]
        self.assertEqual(caught, [("new", "a line", 1), ("same", "a line", 0), ("nothing", "", 0)])
        self.assertEqual(evidence.history, [{"what": "known"}])

    def test_every_check_has_a_mistake_and_every_mistake_a_name_of_its_own(self):
        names = [mistake.name for mistake in all_planted()]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({mistake.check for mistake in all_planted()}, {check.name for check in ALL})

    def test_every_promise_of_the_design_and_of_the_bus_has_a_check(self):
        promises = {promise for check in ALL for promise in check.promises}
        # bus-17, that it goes fast enough, is judged from the figures of the whole run.
        wanted = {f"I{number}" for number in range(1, 14)} | {f"bus-{number}" for number in range(1, 17)}
        self.assertEqual(wanted - promises, set())

    def test_nothing_to_spoil_is_a_finding_in_a_run_of_some_minutes(self):
        caught = {"lost_capture": None, "credited_dust": None, "dead_letter": True}
        self.assertEqual(unspoilt(caught, minutes=1), [])
        self.assertEqual(texts(unspoilt(caught, minutes=3)), ["there was nothing to spoil for a mistake: lost_capture"])

    def test_checks_have_names_of_their_own(self):
        names = [check.name for check in ALL]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
