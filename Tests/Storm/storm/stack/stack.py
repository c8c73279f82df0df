"""The whole stack: servers, simulators, replicas of the services, and the people who use them."""

import asyncio
import random
import sys

from .energyctl import EnergyCtl
from .fleet import Fleet
from .layout import Layout
from .links import make_ways
from .ports import Ports
from .postgres_server import PostgresServer
from .redis_server import RedisServer
from .seed import Seeding
from .services import Environments
from .simulators import telegram_sim, tron_sim
from .web import Web


class Stack:
    """Make one with `start`. What belongs to a part is at the part: `stack.redis.kill()`."""

    def __init__(self, settings, network):
        if not sys.platform.startswith("linux"):
            raise OSError("a storm needs Linux: it limits and freezes processes as Linux does")
        self.settings = settings
        self.network = network
        self.layout = Layout.read(settings.data)
        self.log_folder = self.layout.log_folder
        #: Every end of a process, oldest first.
        self.deaths = []
        self.world = None
        self.web = Web()
        pause = settings.restart_seconds
        ports = Ports(random.Random())
        self.redis = RedisServer(self.layout, self.deaths, pause)
        self.postgres = PostgresServer(self.layout, self.deaths, pause)
        self.tron_sim = tron_sim(settings, self.layout, self.web, ports, self.deaths)
        self.telegram_sim = telegram_sim(settings, self.layout, self.web, ports, self.deaths)
        self.fleet = Fleet(settings, self.layout, self.web, ports, self.deaths)
        self.energyctl = EnergyCtl(settings.programs / "energyctl", self.layout.environment("energyctl"))
        self._ports = ports
        self._ways = None

    @classmethod
    async def start(cls, settings, network):
        """With `network` None the parts speak to each other directly."""
        stack = cls(settings, network)
        try:
            await stack._start()
        except BaseException:
            await stack.stop()
            raise
        return stack

    async def start_servers(self):
        """What the services stand on, alone."""
        await asyncio.gather(
            self.redis.start(), self.postgres.start(), self.tron_sim.start(), self.telegram_sim.start())

    async def _start(self):
        await self.start_servers()
        self._ways = await make_ways(
            self.network, self.layout, self.tron_sim, self.telegram_sim, self.fleet.ports["gateway"], self._ports)
        await self.fleet.start(Environments(self.settings, self.layout, self._ways))
        self.world = await Seeding(self, random.Random(self.settings.seed)).run()

    async def stop(self):
        """Services first, then what they stand on."""
        await self.fleet.stop()
        await asyncio.gather(self.tron_sim.stop(), self.telegram_sim.stop())
        await asyncio.gather(self.redis.terminate("stop"), self.postgres.stop())
        await self.web.close()

    # ---------------------------------------------------------------- replicas

    def replicas(self, service=None):
        """Those that should run, the dead that are about to be started again among them; without a service, of all."""
        return self.fleet.replicas(service)

    def alive_names(self):
        return [replica.name for replica in self.replicas()]

    def gateways(self):
        """Where customers find the gateways that should run: each with `name` and `url`."""
        return [
            {"name": replica.name, "url": self._ways.gateways[replica.slot]} for replica in self.replicas("gateway")]

    async def kill(self, replica):
        """kill -9. It is started again half a second later. False: it was dead already."""
        return await replica.kill()

    def freeze(self, replica):
        replica.freeze()

    def thaw(self, replica):
        replica.thaw()

    async def add_replica(self, service, environment=None, ready_seconds=30.0):
        """One more, ready; with `ready_seconds` 0 it is not waited for. `environment` is added to the service's own."""
        return await self.fleet.add(service, environment or {}, ready_seconds)

    async def remove_replica(self, replica):
        """Asks it to end, waits, and forgets it. An end too late or with an error is in `deaths`."""
        await self.fleet.remove(replica)

    # ---------------------------------------------------------------- the rest

    async def restart_simulator(self, name, pause=0.0):
        """kill -9 and start; `pause` seconds away in between."""
        simulator = {"tron-sim": self.tron_sim, "telegram-sim": self.telegram_sim}[name]
        await simulator.kill("restart")
        await asyncio.sleep(pause)
        await simulator.start()

    def secrets(self):
        """The value of every secret there is: none of them may be seen anywhere."""
        clients = [*self.world.rest_clients, *self.world.poor_clients] if self.world else []
        return sorted({*self.layout.secrets(), *(client["api_key"] for client in clients)})
