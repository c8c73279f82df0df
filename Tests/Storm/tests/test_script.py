"""What `./energy` and `compose/setup` do by themselves; each function of the script is called alone."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).parents[3]
SCRIPT = ROOT / "energy"


class ScriptCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "pid").mkdir()

    def call(self, commands, **environment):
        """Of the script's own: its result. `$0` is the script, so that it finds its root."""
        return subprocess.run(
            ["bash", "-c", f'. "$0" help >/dev/null 2>&1\n{commands}', SCRIPT],
            env={**os.environ, "ENERGY_DATA": str(self.folder), **environment}, capture_output=True, text=True,
            check=False)


class ProcessTests(ScriptCase):
    def process(self):
        process = subprocess.Popen(["sleep", "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        (self.folder / "pid/part").write_text(f"{process.pid}\n", encoding="ascii")
        return process

    def note(self, text):
        (self.folder / "pid/part.time").write_text(text, encoding="ascii")

    def runs(self, **environment):
        return self.call("is_running part", **environment).returncode == 0

    def test_a_process_is_known_in_every_time_zone(self):
        process = self.process()
        written = self.call(f"start_time {process.pid} >'{self.folder}/pid/part.time'", TZ="Asia/Shanghai")
        self.assertEqual(written.returncode, 0, written.stderr)
        for zone in ("Asia/Shanghai", "UTC", "America/New_York"):
            self.assertTrue(self.runs(TZ=zone), zone)

    def test_what_a_release_before_has_noted_still_counts(self):
        process = self.process()
        environment = {**os.environ, "TZ": "Asia/Shanghai"}
        said = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(process.pid)], env=environment, capture_output=True, text=True,
            check=True)
        self.note(said.stdout)
        self.assertTrue(self.runs(TZ="Asia/Shanghai"))

    def test_a_stranger_with_the_same_number_is_none_of_ours(self):
        self.process()
        for noted in ("boot 0 tick 1\n", "UTC Tue Jul  1 12:00:00 2025\n", "Tue Jul  1 12:00:00 2025\n", ""):
            self.note(noted)
            self.assertFalse(self.runs(), noted)

    def test_a_process_that_has_ended_and_waits_for_its_parent_does_not_run(self):
        process = self.process()
        self.call(f"start_time {process.pid} >'{self.folder}/pid/part.time'")
        self.assertTrue(self.runs())
        process.send_signal(signal.SIGKILL)
        end = time.monotonic() + 10
        while self.runs():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.assertEqual(self.call(f"start_time {process.pid}").stdout, "")


class FolderTests(ScriptCase):
    def test_a_folder_for_sockets_that_somebody_else_has_made_is_refused(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        sum_of_path = subprocess.run(["cksum"], input=str(self.folder), capture_output=True, text=True, check=True)
        run = pathlib.Path(f"/tmp/energy-{os.getuid()}-{sum_of_path.stdout.split()[0]}")
        run.symlink_to(elsewhere)
        self.addCleanup(run.unlink)
        said = self.call("prepare_folders")
        self.assertEqual(said.returncode, 1)
        self.assertIn(f"{run} belongs to somebody else", said.stderr)
        self.assertEqual(elsewhere.stat().st_mode & 0o777, 0o700)
        self.assertEqual(list(elsewhere.iterdir()), [])

    def test_a_database_of_a_release_before_gets_the_settings_of_this_one(self):
        main = self.folder / "postgresql.conf"
        main.write_text("max_connections = 200\n", encoding="ascii")
        for _ in range(2):
            said = self.call(f"PGDATA_DIR='{self.folder}' PGRUN=/run/pg PGUSER_OS=; configure_postgres")
            self.assertEqual(said.returncode, 0, said.stderr)
        self.assertEqual(main.read_text(encoding="ascii").count("\ninclude_if_exists = 'energy.conf'\n"), 1)
        settings = (self.folder / "energy.conf").read_text(encoding="ascii")
        self.assertIn("unix_socket_directories = '/run/pg'\n", settings)
        self.assertIn("shared_buffers = 512MB\n", settings)


class ComposeTests(ScriptCase):
    def setup_secrets(self):
        return subprocess.run([self.folder / "setup"], capture_output=True, text=True, check=True)

    def test_secrets_are_made_once_and_the_rules_of_redis_each_time(self):
        shutil.copy(ROOT / "compose/setup", self.folder / "setup")
        self.setup_secrets()
        secrets = self.folder / "secrets"
        made = {path.name: path.read_bytes() for path in secrets.iterdir()}
        self.assertIn("0 made", self.setup_secrets().stdout)
        rules = secrets / "redis.acl"
        rules.chmod(0o600)
        rules.write_text("user default off\n", encoding="ascii")
        self.setup_secrets()
        self.assertEqual({path.name: path.read_bytes() for path in secrets.iterdir()}, made)
