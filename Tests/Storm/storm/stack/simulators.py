"""The chain's and Telegram's simulators."""

import signal

from .process import Process
from .supervised import Supervised
from .waiting import until


class Simulator(Supervised):
    """`urls`: one a node. Its world is in a folder, so it is the same one after a restart."""

    def __init__(self, name, layout, programs, web, addresses, arguments, deaths, pause):
        super().__init__(name, self._make, deaths, pause)
        self.layout = layout
        self.web = web
        self.urls = [f"http://{address}" for address in addresses]
        self.command = [programs / name, "--data", layout.data / name]
        for address in addresses:
            self.command += ["--address", address]
        self.command += [str(argument) for argument in arguments]

    @property
    def control(self):
        """Where `/sim/` is, past every link."""
        return self.urls[0]

    def _make(self):
        return Process(self.name, self.command, None, self.layout.log_folder / f"{self.name}.log")

    async def start(self, seconds=60):
        self.begin()
        await until(lambda: self.web.is_well(f"{self.control}/healthz"), seconds, f"{self.name} to answer")

    async def kill(self, cause="kill"):
        """kill -9; it stays away until `start`."""
        await self.end(signal.SIGKILL, 10, cause, exit_codes=(-signal.SIGKILL,))

    async def stop(self, cause="stop"):
        await self.end(signal.SIGTERM, 30, cause)

    async def post(self, path, body):
        """The control API's answer."""
        return await self.web.post(f"{self.control}{path}", body)

    async def get(self, path):
        return await self.web.get(f"{self.control}{path}")


def tron_sim(settings, layout, web, ports, deaths):
    arguments = (
        "--nodes", settings.nodes, "--block-interval-ms", settings.block_milliseconds,
        "--solid-after", settings.blocks_until_solid, "--suppliers", settings.suppliers,
        "--supplier-stake-trx", settings.supplier_stake_trx)
    addresses = [ports.address() for _ in range(settings.nodes)]
    return Simulator(
        "tron-sim", layout, settings.programs, web, addresses, arguments, deaths, settings.restart_seconds)


def telegram_sim(settings, layout, web, ports, deaths):
    return Simulator(
        "telegram-sim", layout, settings.programs, web, [ports.address()], (), deaths, settings.restart_seconds)
