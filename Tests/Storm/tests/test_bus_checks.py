"""The checks of the bus, processes, secrets and answers, on evidence made by hand."""

import contextlib
import datetime
import pathlib
import tempfile
import types
import unittest

from storm.checks import ALL
from storm.checks.at_rest import ConsumersAlive, DeadLetters, GroupsAtRest
from storm.checks.bus import _without_operators
from storm.checks.check import Check, Finding, Planted
from storm.checks.duplicates import absorbed
from storm.checks.logs import NoCrash, NothingCritical, error_table
from storm.checks.messages import EndsTold
from storm.checks.planted import all_planted, catch_all
from storm.checks.planting import one_of
from storm.checks.processes import BackToBase, DeathsAskedFor, StreamsBounded, level
from storm.checks.refusals import Attempt, NotNowSaysWhen, RefusedProperly, attempts_of, guilty
from storm.checks.secrets import Searcher, spellings
from storm.checks.streams import BusState, Consumer, Group, Stream
from storm.checks.topics import TOPICS
from storm.prometheus import Totals, series
from storm.settings import Settings


class HandMade:
    """Evidence of lists; what is asked of Postgres is answered from `answers`, by a word of the query."""

    def __init__(self, **given):
        self.is_calm = True
        self.history, self.deaths, self.alive, self.secrets = [], [], [], []
        self.dialogs, self.world = {}, {}
        self.settings = Settings(
            minutes=3, seed=1, replicas=1, only=frozenset(), data=pathlib.Path("/"), programs=pathlib.Path("/"))
        self.snapshot_at = datetime.datetime.now(datetime.timezone.utc)
        self.log_folder = None
        self.answers = {}
        self.state = None
        self.__dict__.update(given)

    def derive(self, name, build):
        return self.state if name == "bus state" else build(self)

    def sql(self, query, parameters=()):
        return next(rows for word, rows in self.answers.items() if word in query)

    @contextlib.contextmanager
    def planting(self):
        history = self.history
        self.history = list(history)
        try:
            yield self
        finally:
            self.history = history


def texts(found):
    return [finding.text for finding in found]


def calm_bus():
    streams = {
        topic: Stream(topic, 3, [Group(reader, 0, 0, [Consumer(f"{reader}@1-a", 0, 1.0)]) for reader in readers], 0, [])
        for topic, readers in TOPICS.items()}
    services = sorted({reader for readers in TOPICS.values() for reader in readers})
    return HandMade(
        state=BusState(streams, {f"{service}@1-a" for service in services}), alive=[f"{name}-1" for name in services])


class AtRestTests(unittest.TestCase):
    def test_a_calm_bus_breaks_no_promise(self):
        for check in (DeadLetters(), GroupsAtRest(), ConsumersAlive()):
            self.assertEqual(check.run(calm_bus()), [])

    def test_a_dead_letter_is_named_with_its_reason(self):
        evidence = calm_bus()
        evidence.state.streams["tx.events"].dead = 1
        evidence.state.streams["tx.events"].letters = [("order-svc", "attempts", "tx.DelegationFinal", "x")]
        self.assertIn("order-svc attempts tx.DelegationFinal", texts(DeadLetters().run(evidence))[0])

    def test_what_a_group_holds_has_not_read_or_lacks_is_named(self):
        evidence = calm_bus()
        evidence.state.streams["tx.events"].groups[0].pending = 2
        evidence.state.streams["order.events"].groups[1].unread = 5
        evidence.state.streams["wallet.events"].groups.pop()
        evidence.state.streams["tx.commands"].groups.append(Group("stranger", 0, 0, []))
        self.assertEqual(texts(GroupsAtRest().run(evidence)), [
            "a group holds messages that it has not acknowledged: order-svc of tx.events: 2",
            "a group has not read its stream to the end: session-svc of order.events: 5 or more of 3",
            "a declared group is not there: monitor-svc of wallet.events",
            "an undeclared group is there: stranger of tx.commands"])

    def test_a_reader_that_has_just_died_is_not_yet_to_be_forgotten(self):
        evidence = calm_bus()
        consumers = evidence.state.streams["tx.events"].groups[0].consumers
        consumers.append(Consumer("order-svc@2-b", 0, 30.0))
        self.assertEqual(ConsumersAlive().run(evidence), [])
        consumers[-1].idle_seconds = 300.0
        self.assertEqual(len(ConsumersAlive().run(evidence)), 1)

    def test_processes_without_a_sign_of_life_are_counted(self):
        evidence = calm_bus()
        evidence.alive.append("tx-svc-2")
        self.assertEqual(texts(ConsumersAlive().run(evidence)), [
            "signs of life and processes differ: tx-svc: 1 give signs of life, 2 run"])


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

    def test_an_attempt_without_an_answer_may_have_ordered_at_any_later_time(self):
        attempts = attempts_of([
            {"what": "order_unknown", "key": "k", "at": 10.0, "seconds": 8.0, "was_sent": True},
            {"what": "order_unknown", "key": "k", "at": 11.0, "seconds": 0.0, "was_sent": False},
            {"what": "order_answered", "key": "k", "at": 12.0, "seconds": 1.0, "status": 503}])
        self.assertEqual(attempts, {"k": [Attempt(2.0, None, None), Attempt(11.0, 12.0, 503)]})
        self.assertEqual(guilty(attempts["k"], 11.5), [])

    def test_the_only_attempt_that_can_have_ordered_must_not_be_told_of_an_error(self):
        before, after = Attempt(1.0, 2.0, 503), Attempt(5.0, 6.0, 201)
        self.assertEqual(guilty([before, after], 1.5), [before])
        self.assertEqual(guilty([before, after], 5.5), [])
        self.assertEqual(guilty([before, after], None), [])


class MessageTests(unittest.TestCase):
    ORDER = "ord_" + "1" * 32

    def evidence(self, *titles, **dialog):
        messages = [
            {"from": "bot", "version": version, "message_id": version, "text": "\n".join([
                title, "", f"Order {self.ORDER}", "Receiver: TGUwgdWf6t4qx866AugFvC1C18CHUbTifX",
                "Rental: 65,000 energy for 10 s", "Price: 1.95 TRX"])}
            for version, title in enumerate(titles)]
        return HandMade(
            world={"people": [{"user_id": 1100001, "customer": "cus_1", "language": "en"}]},
            dialogs={1100001: {"messages": messages, "blocked": False, **dialog}},
            answers={"order_svc.orders": [{"id": self.ORDER, "customer": "cus_1", "state": "completed"}]})

    def test_the_newest_message_tells_the_end(self):
        self.assertEqual(EndsTold().run(self.evidence("⚡ Delivered: safe to send now", "🏁 Ended")), [])

    def test_silence_and_an_older_state_are_findings(self):
        self.assertEqual(len(EndsTold().run(self.evidence())), 1)
        self.assertEqual(len(EndsTold().run(self.evidence("⚡ Delivered: safe to send now"))), 1)

    def test_who_blocks_the_bot_is_told_nothing(self):
        self.assertEqual(EndsTold().run(self.evidence(blocked=True)), [])


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
            Planted("new", "counting", adding("new")), Planted("same", "counting", adding("known")),
            Planted("nothing", "counting", lambda evidence, random: one_of(random, []))]
        self.assertEqual(
            catch_all(evidence, [CountingCheck()], mistakes), {"new": True, "same": False, "nothing": None})
        self.assertEqual(evidence.history, [{"what": "known"}])

    def test_every_mistake_names_a_check_and_has_a_name_of_its_own(self):
        names = [mistake.name for mistake in all_planted()]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({mistake.check for mistake in all_planted()}, {check.name for check in ALL})

    def test_checks_have_names_of_their_own(self):
        names = [check.name for check in ALL]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
