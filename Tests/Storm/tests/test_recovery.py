import dataclasses
import unittest

from storm.percentile import percentile
from storm.recovery import Attempt, Firing, Observations, Passage, judge_all
from tests.test_plan import settings


def steady(begins, ends, seconds=0.1):
    return [Attempt(begins + n / 10, seconds, True) for n in range(int((ends - begins) * 10))]


def judged(firings, attempts=(), passages=()):
    return judge_all(firings, Observations(attempts, passages, settings()), 0.0, 100.0)


class RecoveryTests(unittest.TestCase):
    kill = Firing("kill", 50.0, 50.0, (("order-svc-1", 1, ""),), 10.0)

    def test_nobody_noticed(self):
        self.assertEqual(judged([self.kill], steady(0, 100), [Passage(49.0, 51.0)])[0].seconds, 0)

    def test_it_counts_until_the_last_attempt_that_failed(self):
        attempts = steady(0, 100) + [Attempt(51.0, 0.2, False), Attempt(53.5, 0.2, False)]
        self.assertEqual(judged([self.kill], attempts)[0].seconds, 3.5)

    def test_to_be_told_not_now_is_a_failure_while_less_than_the_rate_is_served(self):
        late = Attempt(53.0, 0.2, False, put_off=True)
        rate = settings().rate
        crowd = [Attempt(51.1 + n / rate, 0.1, True) for n in range(int(rate * 4))]
        for attempts, seconds in ((crowd[::3], 3.0), (crowd, 0)):
            recovery = judged([self.kill], [*attempts, late])[0]
            self.assertEqual((recovery.seconds, recovery.refused_seconds), (seconds, 3.0))

    def test_what_was_served_too_late_does_not_count_as_the_rate(self):
        rate = settings().rate
        slow = [Attempt(45.0, 8.0 + n / (rate * 2), True) for n in range(int(rate * 4))]
        late = Attempt(53.0, 0.2, False, put_off=True)
        self.assertEqual(judged([self.kill], [*slow, late])[0].seconds, 3.0)

    def test_an_order_that_is_asked_for_again_counts_once(self):
        rate = settings().rate
        crowd = [Attempt(51.1 + n / rate, 0.1, True, key=str(n // 2)) for n in range(int(rate * 4))]
        late = Attempt(53.0, 0.2, False, put_off=True, key="late")
        self.assertEqual(judged([self.kill], [*crowd, late])[0].seconds, 3.0)
        crowd = [dataclasses.replace(attempt, key=f"{attempt.sent}") for attempt in crowd]
        self.assertEqual(judged([self.kill], [*crowd, late])[0].seconds, 0)

    def test_when_the_crowd_must_be_gone_not_now_is_a_failure(self):
        kill = Firing("kill", 10.0, 10.0, (), 10.0)
        rate = settings().rate
        crowd = [Attempt(69.1 + n / rate, 0.1, True) for n in range(int(rate * 4))]
        self.assertEqual(judged([kill], [*crowd, Attempt(71.0, 0.2, False, put_off=True)])[0].seconds, 61.0)

    def test_no_answer_is_a_failure_however_many_are_served(self):
        rate = settings().rate
        crowd = [Attempt(51.1 + n / rate, 0.1, True) for n in range(int(rate * 4))]
        self.assertEqual(judged([self.kill], [*crowd, Attempt(53.0, 0.2, False, answered=False)])[0].seconds, 3.0)

    def test_an_answer_that_took_too_long_is_a_failure(self):
        self.assertEqual(judged([self.kill], steady(0, 100) + [Attempt(52.0, 8.0, True)])[0].seconds, 2.0)

    def test_it_counts_until_the_last_late_delivery(self):
        passages = [Passage(50.5, 59.0), Passage(60.0, 61.0)]
        self.assertEqual(judged([self.kill], steady(0, 100), passages)[0].seconds, 9.0)

    def test_an_order_that_never_ends_is_not_recovered_from(self):
        self.assertEqual(judged([self.kill], (), [Passage(51.0, None)])[0].seconds, 50.0)

    def test_an_order_that_fails_for_a_reason_of_ours_is_not_recovered_from_until_it_has(self):
        self.assertEqual(judged([self.kill], (), [Passage(51.0, 53.0, "pool_empty")])[0].seconds, 3.0)
        self.assertEqual(judged([self.kill], (), [Passage(51.0, 53.0, "cancelled_by_customer")])[0].seconds, 0)
        # Before the fault's end, and after the next one began, it is not this one's.
        later = Firing("redis_kill", 70.0, 71.0, (), 15.0)
        passages = [Passage(48.0, 49.5, "deadline"), Passage(69.0, 70.5, "deadline")]
        self.assertEqual([one.seconds for one in judged([self.kill, later], (), passages)], [0, 0])

    def test_what_failed_while_the_fault_lasted_is_not_counted(self):
        freeze = Firing("freeze", 40.0, 60.0, (), 10.0)
        attempts = steady(0, 100) + [Attempt(45.0, 8.0, False)]
        self.assertEqual(judged([freeze], attempts)[0].seconds, 0)

    def test_a_failure_after_the_next_fault_is_that_one_s(self):
        later = Firing("redis_kill", 70.0, 71.0, (), 15.0)
        first, second = judged([self.kill, later], steady(0, 100) + [Attempt(72.0, 0.1, False)])
        self.assertEqual((first.seconds, second.seconds), (0, 1.0))

    def test_what_meets_the_next_fault_on_its_way_is_that_one_s(self):
        later = Firing("redis_kill", 70.0, 75.0, (), 15.0)
        attempts = steady(0, 100) + [Attempt(69.9, 8.0, False), Attempt(69.8, 0.3, False, put_off=True)]
        first, second = judged([self.kill, later], attempts, [Passage(69.0, 76.0), Passage(69.5, 83.0)])
        self.assertEqual((first.seconds, second.seconds), (0, 8.0))

    def test_what_was_late_before_the_next_fault_is_not(self):
        later = Firing("redis_kill", 70.0, 75.0, (), 15.0)
        first, _ = judged([self.kill, later], steady(0, 100) + [Attempt(66.0, 8.0, False)])
        self.assertEqual(first.seconds, 16.0)
        first, _ = judged([self.kill, later], steady(0, 100), [Passage(63.0, 80.0)])
        self.assertEqual(first.seconds, 20.0)

    def test_faults_that_overlap_are_judged_from_the_end_of_the_last_by_the_greatest_goal(self):
        other = Firing("postgres_stop", 48.0, 55.0, (), 15.0)
        attempts = steady(0, 100) + [Attempt(53.0, 0.1, False), Attempt(56.0, 0.1, False)]
        recoveries = judged([self.kill, other], attempts)
        self.assertEqual({recovery.seconds for recovery in recoveries}, {1.0})
        self.assertEqual({recovery.firing.goal for recovery in recoveries}, {15.0})

    def test_what_has_no_goal_gets_none_from_others(self):
        other = Firing("chain_stall", 48.0, 55.0, ())
        recoveries = judged([self.kill, other], steady(0, 100))
        self.assertEqual({r.firing.name: r.firing.goal for r in recoveries}, {"kill": 10.0, "chain_stall": None})

    def test_latencies_are_told_before_during_and_after(self):
        freeze = Firing("freeze", 40.0, 60.0, ())
        attempts = steady(0, 40, 0.1) + steady(40, 60, 2.0) + steady(60, 100, 0.2)
        self.assertEqual(judged([freeze], attempts)[0].answers, (0.1, 2.0, 0.2))

    def test_percentiles_are_of_the_nearest_rank(self):
        self.assertEqual(percentile(range(1, 101), 99), 99)
        self.assertEqual(percentile([5.0], 99), 5.0)
        self.assertIsNone(percentile([], 50))


if __name__ == "__main__":
    unittest.main()
