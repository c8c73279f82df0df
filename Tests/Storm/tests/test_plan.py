import pathlib
import unittest

from storm.faults.fault import Fault
from storm.plan import Plan
from storm.settings import Settings


def settings(**changes):
    given = dict(
        minutes=30.0, seed=7, replicas=2, only=frozenset(), data=pathlib.Path("/nowhere"), programs=pathlib.Path("/nowhere"))
    return Settings(**(given | changes))


class Stub(Fault):
    def __init__(self, name, group, times_max=None):
        self.name, self.group, self.times_max = name, group, times_max

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

    def test_a_short_storm_begins_three_at_once(self):
        self.assertEqual(len(Plan(settings(minutes=3.0), classes()).next_slot().faults), 3)

    def test_a_class_that_may_come_once_ends_the_plan_when_it_is_alone(self):
        plan = Plan(settings(), [Stub("flush", "redis", times_max=1)])
        self.assertEqual(plan.next_slot().faults[0].name, "flush")
        self.assertIsNone(plan.next_slot())


if __name__ == "__main__":
    unittest.main()
