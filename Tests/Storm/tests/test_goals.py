import dataclasses
import unittest

from storm import goals
from storm.recovery import Attempt, Firing, Passage
from storm.stack.links import SERVICES
from tests.test_plan import settings


def course(rate=20.0, pause=None, **changes):
    """Ten minutes of orders that are answered at once and delivered after a second; none within `pause`."""
    moments = [n / rate for n in range(int(600 * rate))]
    moments = [moment for moment in moments if pause is None or not pause[0] <= moment < pause[1]]
    given = {
        "settings": settings(rate=rate, minutes=10.0), "calm": 0.0, "storm": 45.0, "ends": 600.0, "firings": [],
        "attempts": [Attempt(moment, 0.1, True) for moment in moments],
        "passages": [Passage(moment, moment + 1.0) for moment in moments], **changes}
    return goals.Course(**given)


def slower(items, begins, ends, seconds):
    """The same, but what came in this time has taken so long."""
    changed = []
    for item in items:
        moment = item.sent if isinstance(item, Attempt) else item.began
        change = {"seconds": seconds} if isinstance(item, Attempt) else {"ended": moment + seconds}
        changed.append(dataclasses.replace(item, **change) if begins <= moment < ends else item)
    return changed


class GoalsTests(unittest.TestCase):
    def assert_finds(self, course, *texts):
        found = [finding.text for finding in goals.judge(course)]
        self.assertEqual(len(found), len(texts), found)
        for text, words in zip(found, texts):
            self.assertIn(words, text)

    def test_a_run_that_reaches_its_goals_has_no_findings(self):
        self.assert_finds(course())

    def test_fewer_orders_than_asked_for_are_found(self):
        self.assert_finds(course(settings=settings(rate=25.0)), "in the calm 20.0", "in the whole run 20.0")

    def test_chance_is_allowed_for_where_few_orders_came(self):
        few = [Passage(n / 8, n / 8 + 1) for n in range(360)] + course(10.0).passages[450:]
        self.assert_finds(course(10.0, passages=few))

    def test_a_slow_calm_is_found(self):
        slow = course()
        slow = dataclasses.replace(
            slow, attempts=slower(slow.attempts, 0, 45, 11.4), passages=slower(slow.passages, 0, 45, 7.0))
        self.assert_finds(slow, "in the calm the p99 of answers is 11.40", "in the calm the p99 of deliveries is 7.00")

    def test_what_the_first_fault_delays_is_not_the_calm_s(self):
        delayed = course()
        delayed = dataclasses.replace(
            delayed, attempts=slower(delayed.attempts, 43, 60, 11.4), passages=slower(delayed.passages, 43, 60, 17.0))
        self.assert_finds(delayed)

    def test_attempts_without_answer_in_the_calm_are_found(self):
        silent = [Attempt(n, 8.0, False, answered=False) for n in range(20)]
        self.assert_finds(course(attempts=course().attempts + silent), "20 of")

    def test_an_order_that_never_arrived_has_taken_for_ever(self):
        lost = [Passage(n / 10, None) for n in range(20)]
        self.assert_finds(course(passages=course().passages + lost), "deliveries is inf s")

    def test_what_fails_for_a_reason_of_ours_is_no_order_made_however_quickly_it_does(self):
        failing = [dataclasses.replace(passage, failure="pool_empty") for passage in course().passages]
        self.assert_finds(
            course(passages=failing), "in the calm 0.0", "in the whole run 0.0",
            "in the calm the p99 of deliveries is inf")
        refused = [dataclasses.replace(passage, failure="cancelled_by_customer") for passage in course().passages]
        self.assert_finds(course(passages=refused))

    def overloaded(self, **changes):
        return course(firings=[Firing("overload", 100.0, 400.0, (("customers", 1, ""),), 10.0)], **changes)

    def test_accepted_work_keeps_its_latency_under_overload(self):
        self.assert_finds(self.overloaded())
        slow = slower(course().passages, 200, 210, 20.0)
        self.assert_finds(self.overloaded(passages=slow), "under overload the p99 of deliveries is 20.00")

    def test_the_rest_is_refused_and_not_left_without_answer(self):
        refused = [Attempt(150 + n / 10, 0.1, False) for n in range(1_000)]
        self.assert_finds(self.overloaded(attempts=course().attempts + refused))
        silent = [dataclasses.replace(attempt, answered=False) for attempt in refused]
        self.assert_finds(self.overloaded(attempts=course().attempts + silent), "1000 of 7000 attempts")

    def soak(self, **changes):
        return course(settings=settings(rate=20.0, minutes=10.0, only=frozenset({"none"})), **changes)

    def test_a_soak_that_gets_slower_is_found(self):
        self.assert_finds(self.soak())
        self.assert_finds(self.soak(attempts=slower(course().attempts, 500, 600, 0.7)))
        self.assert_finds(self.soak(attempts=slower(course().attempts, 500, 600, 0.8)), "p99 of answers has grown")

    def scaling(self, only=(), services=("order-svc",), **changes):
        hits = tuple((f"{service}-3", 1, "added") for service in services)
        return course(
            firings=[Firing("scale", 100.0, 130.0, hits, 10.0)],
            settings=settings(rate=20.0, minutes=10.0, only=frozenset(only)), **changes)

    def test_a_pause_while_a_service_is_scaled_is_found(self):
        self.assert_finds(self.scaling())
        self.assert_finds(self.scaling(passages=course(pause=(110, 111.5)).passages), "no order was accepted for 1.5")
        late = slower(course().passages, 110, 113, 3.0)
        late = [passage for passage in late if not 109 <= passage.began < 111.9]
        self.assertIn("delivered", " ".join(finding.text for finding in goals.judge(self.scaling(passages=late))))

    def test_beside_another_fault_scaling_is_not_held_to_it(self):
        beside = Firing("redis_kill", 105.0, 106.0, (), 15.0)
        paused = self.scaling(passages=course(pause=(110, 111.5)).passages)
        self.assert_finds(dataclasses.replace(paused, firings=[*paused.firings, beside]))

    def test_a_run_of_scaling_has_to_scale_every_service(self):
        self.assert_finds(self.scaling(["scale"], SERVICES))
        self.assert_finds(self.scaling(["scale"], [name for name in SERVICES if name != "tx-svc"]), "tx-svc was never")

    def test_conversations_that_are_given_up_in_the_calm_are_found(self):
        dialogs = [(n / 4, False) for n in range(100)]
        self.assert_finds(course(dialogs=dialogs + [(5.0, True)] * 3))
        self.assert_finds(course(dialogs=dialogs + [(5.0, True)] * 4), "4 of 104 conversations in Telegram")
        self.assert_finds(course(dialogs=dialogs + [(60.0, True)] * 50))
        self.assert_finds(course(dialogs=[(5.0, True)]))

    def test_many_deaths_after_which_nothing_was_taken_over_are_found(self):
        def died(times, name="kill", seconds=0.0, **changes):
            firings = [
                Firing(name, 100.0 + 20 * n, 100.0 + 20 * n + seconds, (("order-svc-1", 1, ""),)) for n in range(times)]
            return course(firings=firings, **changes)
        self.assert_finds(died(7))
        self.assert_finds(died(8), "8 processes that died or slept nothing")
        self.assert_finds(died(8, counters={"taken_over": 1}))
        self.assert_finds(died(8, "freeze", 20.0))
        self.assert_finds(died(8, "freeze", 70.0), "nothing was ever taken over")
        alone = settings(rate=20.0, minutes=10.0, replicas=1)
        self.assert_finds(died(8, "freeze", 70.0, settings=alone))

    def test_a_flush_after_which_no_group_was_made_anew_is_found(self):
        flushed = [Firing("redis_flushall", 100.0, 100.1, (("redis", 600, "keys gone"),))]
        self.assert_finds(course(firings=flushed), "no group was made anew")
        self.assert_finds(course(firings=flushed, counters={"groups_recreated": 21}))

    def test_looks_that_were_missed_mostly_are_found(self):
        self.assert_finds(course(looks_taken=5, looks_missed=5))
        self.assert_finds(course(looks_taken=4, looks_missed=5), "only 4 of 9")


if __name__ == "__main__":
    unittest.main()
