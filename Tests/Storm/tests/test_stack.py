"""The pure parts of the stack, and its care for processes."""

import asyncio
import json
import pathlib
import random
import signal
import tempfile
import types
import unittest

from storm.settings import Settings
from storm.stack.accounts import make_account
from storm.stack.file_limits import limit_file_size, read_limit
from storm.stack.layout import Layout, read_pairs
from storm.stack.links import SERVICES, Ways, make_ways
from storm.stack.ports import Ports, is_free
from storm.stack.process import Process
from storm.stack.seed import telegram_customer
from storm.stack.services import Environments
from storm.stack.supervised import Supervised
from storm.stack.waiting import until


class FolderCase(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class LayoutTests(FolderCase):
    def write(self, path, *pairs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{pair}\0" for pair in pairs), encoding="utf-8")

    def layout(self):
        names = (
            "run_folder", "redis_configuration", "redis_socket", "postgres_programs", "postgres_data",
            "postgres_folder", "postgres_password_file")
        self.write(self.folder / "storm/layout", *(f"{name}=/a/{name}" for name in names), "postgres_user=")
        return Layout.read(self.folder)

    def test_values_may_hold_anything_but_a_nul(self):
        self.write(self.folder / "pairs", "A=1", "B=x=y z\nw", "C=")
        self.assertEqual(read_pairs(self.folder / "pairs"), {"A": "1", "B": "x=y z\nw", "C": ""})

    def test_a_folder_that_nobody_prepared_is_named(self):
        with self.assertRaisesRegex(FileNotFoundError, "--prepare"):
            Layout.read(self.folder)

    def test_secrets_are_all_that_is_secret(self):
        layout = self.layout()
        files = {
            "secrets/one": "abc\n", "secrets/sealing": "k1\nk2\n", "secrets/deposit-xpub": "public",
            "tron-sim/suppliers/1.key": "dd", "tron-sim/accounts.json": "{}"}
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.assertEqual(layout.secrets(), ["abc", "dd", "k1", "k2"])
        self.assertEqual(layout.secret("one"), "abc")

    def test_a_service_keeps_what_the_script_gave_it_and_goes_through_its_links(self):
        layout = self.layout()
        (self.folder / "journal").mkdir()
        self.write(
            self.folder / "storm/environment/gateway", "LANG=C.UTF-8", "ENERGY_REDIS_URL=unix:/direct",
            "ENERGY_POSTGRES_URL=host=/direct dbname=energy user=gateway")
        ways = Ways({"gateway": "/links/redis.sock"}, {"gateway": "/links"}, [], "", "", "http://127.0.0.1:9", {})
        environment = Environments(settings(self.folder), layout, ways).of("gateway", 2, 1234, {"FAKETIME": "+1d"})
        self.assertEqual(environment["LANG"], "C.UTF-8")
        self.assertEqual(environment["ENERGY_REDIS_URL"], "unix:/links/redis.sock")
        self.assertEqual(environment["ENERGY_POSTGRES_URL"], "host=/links dbname=energy user=gateway")
        self.assertEqual(environment["ENERGY_TELEGRAM_API_URL"], "http://127.0.0.1:9")
        self.assertEqual(environment["ENERGY_HTTP_ADDRESS"], "127.0.0.1:1234")
        self.assertEqual(environment["ENERGY_LEASE_MS"], "30000")
        self.assertEqual(environment["FAKETIME"], "+1d")
        self.assertTrue(pathlib.Path(environment["ENERGY_JOURNAL_DIR"]).samefile(self.folder / "journal/2"))
        products = json.loads((self.folder / "storm/products.json").read_text(encoding="utf-8"))["products"]
        self.assertEqual([product["id"] for product in products], ["10s", "30s", "60s"])


class LinkTests(FolderCase):
    async def ways(self, network):
        layout = types.SimpleNamespace(
            run_folder=self.folder, redis_socket=pathlib.Path("/r/redis.sock"),
            postgres_socket=pathlib.Path("/p/.s.PGSQL.5432"))
        chain = types.SimpleNamespace(urls=["http://127.0.0.1:1", "http://127.0.0.1:2"])
        telegram = types.SimpleNamespace(control="http://127.0.0.1:3")
        ports = types.SimpleNamespace(address=lambda: "127.0.0.1:77")
        return await make_ways(network, layout, chain, telegram, {1: 4, 2: 5}, ports)

    async def test_every_way_is_a_link_of_the_network(self):
        links = {}

        async def add_link(name, listen, connect):
            links[name] = (listen, connect)
            return listen

        ways = await self.ways(types.SimpleNamespace(add_link=add_link))
        self.assertEqual(len(links), 2 * len(SERVICES) + 2 + 2 + 1 + 2)
        self.assertEqual(links["tx-svc>tron-2"], ("127.0.0.1:77", "127.0.0.1:2"))
        self.assertEqual(
            links["order-svc>postgres"],
            (f"unix:{self.folder}/links/order-svc/.s.PGSQL.5432", "unix:/p/.s.PGSQL.5432"))
        self.assertEqual(ways.postgres["order-svc"], self.folder / "links/order-svc")
        self.assertEqual(ways.gateways, {1: "http://127.0.0.1:77", 2: "http://127.0.0.1:77"})

    async def test_without_a_network_the_ways_are_direct(self):
        ways = await self.ways(None)
        self.assertEqual(ways.redis["tx-svc"], pathlib.Path("/r/redis.sock"))
        self.assertEqual(ways.postgres["tx-svc"], pathlib.Path("/p"))
        self.assertEqual(ways.tron_nodes, ["http://127.0.0.1:1", "http://127.0.0.1:2"])
        self.assertEqual(ways.gateways[2], "http://127.0.0.1:5")


class ValueTests(unittest.TestCase):
    def test_an_address_is_that_of_its_key(self):
        class Fixed:
            def getrandbits(self, _):
                return 1

        # The address of the private key 1, as every TRON library has it.
        self.assertEqual(make_account(Fixed())["address"], "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC")

    def test_accounts_come_from_the_seed(self):
        self.assertEqual(make_account(random.Random(5)), make_account(random.Random(5)))

    def test_a_telegram_customer_is_a_code_of_the_user(self):
        customer = telegram_customer(1000001, "s" * 64)
        self.assertRegex(customer, "^cus_[0-9a-f]{32}$")
        self.assertNotEqual(customer, telegram_customer(1000002, "s" * 64))

    def test_ports_are_free_different_and_not_the_kernels(self):
        ports = Ports(random.Random(1))
        ports.next = ports.end - 2
        taken = [ports.take() for _ in range(5)]
        self.assertEqual(len(set(taken)), 5)
        self.assertTrue(all(Ports.FIRST <= port < ports.end and is_free(port) for port in taken))


class WaitingTests(unittest.IsolatedAsyncioTestCase):
    async def test_the_answer_is_returned(self):
        answers = [0, None, 7]
        self.assertEqual(await until(lambda: answers.pop(0), 5, "seven", every=0), 7)

    async def test_what_was_waited_for_is_named(self):
        with self.assertRaisesRegex(TimeoutError, "0.01 s for rain"):
            await until(lambda: False, 0.01, "rain", every=0.005)


class ProcessTests(FolderCase):
    def program(self, script, deaths=None, pause=0.05):
        def launch():
            return Process("it", ["sh", "-c", script], None, self.folder / "log")

        part = Supervised("it", launch, [] if deaths is None else deaths, pause)
        self.addAsyncCleanup(part.end, signal.SIGKILL, 5, "cleanup", (-9,))
        return part

    async def test_the_killed_run_again_and_the_death_was_asked_for(self):
        deaths = []
        part = self.program("exec sleep 100", deaths)
        part.begin()
        before = part.pid
        self.assertTrue(await part.kill())
        await until(lambda: part.pid not in (None, before), 5, "the restart")
        self.assertEqual([(death.cause, death.exit_code, death.asked) for death in deaths], [("kill", -9, True)])

    async def test_a_death_of_its_own_is_nobodys_wish(self):
        deaths = []
        part = self.program("exit 3", deaths)
        part.begin()
        await until(lambda: len(deaths) > 1, 5, "two deaths")
        self.assertEqual({(death.exit_code, death.asked) for death in deaths}, {(3, False)})

    async def test_a_death_may_be_expected(self):
        deaths = []
        part = self.program("exit 3", deaths)
        part.may_die_of = "file size"
        part.begin()
        await until(lambda: deaths, 5, "a death")
        self.assertEqual(deaths[0].cause, "file size")

    async def test_a_full_disk_is_forgiven_until_the_server_serves_again(self):
        part = self.program("exec sleep 100", [])
        part.forgive_limit(8_000_000)
        part.forgive_no_more()
        self.assertEqual(part.may_die_of, "file size", "its files are limited still")
        part.forgive_limit(None)
        self.assertEqual(part.may_die_of, "file size", "it may be ending just now")
        part.forgive_no_more()
        self.assertEqual(part.may_die_of, "")

    async def test_the_frozen_end_when_they_are_asked_to(self):
        deaths = []
        part = self.program("exec sleep 100", deaths)
        part.begin()
        part.freeze()
        self.assertTrue(part.is_frozen)
        await part.end(signal.SIGTERM, 5, "stop", exit_codes=(-15,))
        self.assertEqual([(death.cause, death.trouble) for death in deaths], [("stop", "")])
        self.assertIsNone(part.pid)

    async def test_an_end_that_takes_too_long_or_fails_is_trouble(self):
        deaths = []
        stubborn = self.program("trap '' TERM; echo; while :; do sleep 0.1; done", deaths)
        stubborn.begin()
        await until(lambda: (self.folder / "log").read_text(), 5, "the trap to be set")
        await stubborn.end(signal.SIGTERM, 0.2, "stop")
        failing = self.program("trap 'exit 4' TERM; echo x; while :; do sleep 0.1; done", deaths)
        failing.begin()
        await until(lambda: "x" in (self.folder / "log").read_text(), 5, "the trap to be set")
        await failing.end(signal.SIGTERM, 5, "stop")
        self.assertIn("did not end within 0.2 s of SIGTERM", deaths[0].trouble)
        self.assertIn("ended with 4", deaths[1].trouble)

    async def test_one_that_was_ended_can_begin_again(self):
        part = self.program("exec sleep 100")
        part.begin()
        await part.end(signal.SIGKILL, 5, "kill", exit_codes=(-9,))
        part.begin()
        self.assertTrue(part.is_running)

    async def test_beyond_its_limit_writing_is_an_error_and_not_death(self):
        target, go = self.folder / "file", self.folder / "go"
        script = f"until [ -e {go} ]; do sleep 0.02; done; head -c 100000 /dev/zero >{target} || exec sleep 100"
        process = Process("it", ["sh", "-c", script], None, self.folder / "log", logs_through_pipe=True)
        limit_file_size([process.pid], 5_000)
        self.assertEqual(read_limit(process.pid), "5000")
        go.touch()
        await until(lambda: target.exists() and target.stat().st_size == 5_000, 5, "the file to be full")
        await until(lambda: "File too large" in (self.folder / "log").read_text(), 5, "the complaint")
        self.assertTrue(process.is_running)
        limit_file_size([process.pid], None)
        self.assertEqual(read_limit(process.pid), "unlimited")
        process.signal(signal.SIGKILL)
        await process.wait(5)


def settings(folder):
    return Settings(minutes=30, seed=1, replicas=2, only=frozenset(), data=folder, programs=folder)


if __name__ == "__main__":
    unittest.main()
