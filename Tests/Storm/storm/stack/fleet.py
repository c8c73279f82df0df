"""The replicas of the six services."""

import asyncio
import signal

from .links import SERVICES
from .process import Process
from .supervised import Supervised
from .waiting import until


class Replica(Supervised):
    """One process of a service. Whatever becomes of the process, name, slot and port stay."""

    def __init__(self, service, slot, port, launch, deaths, pause):
        super().__init__(f"{service}-{slot}", launch, deaths, pause)
        self.service = service
        self.slot = slot
        self.port = port
        #: Past every link.
        self.http = f"http://127.0.0.1:{port}"

    def __repr__(self):
        return self.name


class Fleet:
    def __init__(self, settings, layout, web, ports, deaths):
        self.settings = settings
        self.layout = layout
        self.web = web
        self.deaths = deaths
        self.ports = {
            service: {slot: ports.take() for slot in range(1, settings.replicas_max + 1)} for service in SERVICES}
        self.slots = {service: {} for service in SERVICES}
        self.environments = None

    def replicas(self, service=None):
        """Those that should run, by slot; without a service, of all of them."""
        services = [service] if service else SERVICES
        return [replica for name in services for _, replica in sorted(self.slots[name].items())]

    async def start(self, environments):
        self.environments = environments
        for service in SERVICES:
            for slot in range(1, self.settings.replicas + 1):
                self._begin(service, slot, {})
        await asyncio.gather(
            *(self.until_ready(replica, self.settings.ready_seconds_max) for replica in self.replicas()))

    def _begin(self, service, slot, extra):
        port = self.ports[service][slot]
        environment = self.environments.of(service, slot, port, extra)
        log = self.layout.log_folder / f"{service}-{slot}.log"

        def launch():
            return Process(f"{service}-{slot}", [self.settings.programs / service], environment, log)

        replica = Replica(service, slot, port, launch, self.deaths, self.settings.restart_seconds)
        self.slots[service][slot] = replica
        replica.begin()
        return replica

    async def until_ready(self, replica, seconds):
        url = f"{replica.http}/readyz"
        await until(lambda: self.web.is_well(url), seconds, f"{replica.name} to be ready", every=0.1)

    async def add(self, service, extra, ready_seconds):
        free = [slot for slot in self.ports[service] if slot not in self.slots[service]]
        if not free:
            raise ValueError(f"{service} has {len(self.slots[service])} replicas: that is the most")
        replica = self._begin(service, free[0], extra)
        if ready_seconds:
            await self.until_ready(replica, ready_seconds)
        return replica

    async def remove(self, replica):
        await replica.end(signal.SIGTERM, self.settings.stop_seconds_max, "removed")
        del self.slots[replica.service][replica.slot]

    async def stop(self):
        """All at once, as on a machine that is shut down."""
        replicas = self.replicas()
        await asyncio.gather(
            *(replica.end(signal.SIGTERM, self.settings.stop_seconds_max, "stop") for replica in replicas))
