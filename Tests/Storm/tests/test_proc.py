"""What stands before other processes."""

import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).parents[1]
PROGRAM = """
import os
from storm.proc import go_first
go_first(-7)
print(os.getpriority(os.PRIO_PROCESS, 0))
if os.path.exists("/proc/self/autogroup"):
    print(*open("/proc/self/autogroup").read().split()[-1:])
"""


class GoFirstTests(unittest.TestCase):
    def values(self, **options):
        said = subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
            capture_output=True, text=True, **options)
        return [int(line) for line in said.stdout.split()]

    def test_a_process_in_a_session_of_its_own_goes_first_and_so_does_its_session(self):
        expected = -7 if os.geteuid() == 0 else os.getpriority(os.PRIO_PROCESS, 0)
        self.assertEqual(set(self.values(start_new_session=True)), {expected})

    def test_in_another_s_session_only_the_process_does(self):
        nice, *session = self.values()
        self.assertEqual(nice, -7 if os.geteuid() == 0 else os.getpriority(os.PRIO_PROCESS, 0))
        self.assertEqual(session, self.own_session())

    def own_session(self):
        """The niceness of our session: none in the first one of all, whose file is empty."""
        path = pathlib.Path("/proc/self/autogroup")
        return [int(word) for word in path.read_text().split()[-1:]] if path.exists() else []


if __name__ == "__main__":
    unittest.main()
