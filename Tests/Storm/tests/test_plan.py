import pathlib
import unittest

from storm.faults.fault import Fault
from storm.plan import Plan
from storm.settings import Settings


def settings(**changes):
    given = dict(
        minutes=30.0, seed=7, replicas=2, only=frozenset(), data=pathlib.Path("/nowhere"),
        programs=pathlib.Path("/nowhere"))
    return Settings(**(given | changes))


class Stub(Fault):
    def __init__(self, name, group, times_max=None, alone=False, recovery=None, seconds=(2.0, 8.0)):
        self.name, self.group, self.times_max, self.alone = name, group, times_max, alone
        self.recovery, self.seconds = recovery, seconds

    async def run(self, storm, random, seconds):
        return []


def classes():
    return [Stub("flush", "redis", times_max=1)] + [Stub(f"{group}_{n}", group) for group in "abc" for n in range(3)]


def slots(plan, count):
    return [plan.next_slot() for _ in range(count)]


class PlanTests(unittest.TestCase):
    def test_the_same_seed_deals_the_same_slots(self):
        self.assertEqual(slots(Plan(settings(), classes()), 30), slots(Plan(settings(), classes()), 30))

    def test_another_seed_deals_others(self):
        self.assertNotEqual(slots(Plan(settings(), classes()), 30), slots(Plan(settings(seed=8), classes()), 30))

    def test_every_class_comes_before_any_comes_twice_more_than_another(self):
        counts = {}
        for slot in slots(Plan(settings(), classes()), 60):
            for planned in slot.faults:
                counts[planned.name] = counts.get(planned.name, 0) + 1
        self.assertEqual(counts.pop("flush"), 1)
        self.assertEqual(len(counts), 9)
        self.assertLessEqual(max(counts.values()) - min(counts.values()), 2)

    def test_no_two_of_one_group_begin_together(self):
        groups = {stub.name: stub.group for stub in classes()}
        for slot in slots(Plan(settings(minutes=3.0), classes()), 40):
            of_slot = [groups[planned.name] for planned in slot.faults]
            self.assertEqual(len(of_slot), len(set(of_slot)))

    def test_a_short_storm_deals_all_classes_in_the_fewest_slots(self):
        plan = Plan(settings(minutes=3.0), classes())
        self.assertEqual([len(plan.next_slot().faults) for _ in range(3)], [4, 3, 3])
        self.assertTrue(plan.has_dealt_all)

    def test_what_has_a_goal_for_its_recovery_begins_with_no_fault_that_has_none(self):
        stubs = [Stub(f"ours_{group}", group, recovery="server") for group in "abc"]
        stubs += [Stub(f"others_{group}", group) for group in "def"]
        plan = Plan(settings(minutes=3.0), stubs)
        for slot in slots(plan, 20):
            self.assertEqual(len({planned.name.partition("_")[0] for planned in slot.faults}), 1)
            self.assertEqual(len(slot.faults), 3)

    def test_a_fault_goes_on_for_no_longer_than_the_one_that_has_ended_may_be_felt(self):
        stubs = [
            Stub("kill", "process", recovery="process", seconds=(0.0, 0.0)),
            Stub("clock", "clock", recovery="process", seconds=(60.0, 60.0)),
            Stub("lag", "chain", seconds=(40.0, 40.0)), Stub("slow", "network", seconds=(2.0, 2.0))]
        seconds = {
            planned.name: planned.seconds
            for slot in slots(Plan(settings(minutes=3.0), stubs), 4) for planned in slot.faults}
        self.assertEqual(seconds, {"kill": 0.0, "clock": 10.0, "lag": 40.0, "slow": 2.0})

    def test_what_wants_to_be_alone_is(self):
        together = [
            [planned.name for planned in slot.faults]
            for slot in slots(Plan(settings(minutes=3.0), classes() + [Stub("crowd", "load", alone=True)]), 30)]
        self.assertTrue(any("crowd" in names for names in together))
        self.assertFalse(any("crowd" in names and len(names) > 1 for names in together))

    def test_a_class_that_may_come_once_ends_the_plan_when_it_is_alone(self):
        plan = Plan(settings(), [Stub("flush", "redis", times_max=1)])
        self.assertEqual(plan.next_slot().faults[0].name, "flush")
        self.assertIsNone(plan.next_slot())


if __name__ == "__main__":
    unittest.main()
