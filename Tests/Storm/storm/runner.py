"""One storm from the first process to the report: calm, faults, quiet, judgement."""

import asyncio
import contextlib
import dataclasses
import json
import random
import time

from storm import report, verdict
from storm.faults import ALL as ALL_FAULTS
from storm.history import History
from storm.load import LoadProcess
from storm.load.process import settings_fields
from storm.network import Network
from storm.plan import Plan
from storm.recovery import Firing
from storm.sampler import Sampler
from storm.stack import Stack


class Storm:
    """What a fault is given: the parts of the run."""

    def __init__(self, settings):
        self.settings = settings
        self.stack = None
        self.network = None
        self.load = None
        #: Kept for the whole run: the simulator forgets what is old.
        self.chain_reader = None
        #: (when, why): looks at what holds at every instant that could not be taken.
        self.looks_missed = []


class Runner:
    def __init__(self, settings, say):
        self.settings = settings
        self.say = say
        self.storm = Storm(settings)
        self.history = History(settings.data / "storm" / "run.jsonl")
        self.faults = {fault.name: fault for fault in (kind() for kind in ALL_FAULTS)}
        self.firings = []
        self.findings = []
        self.moments = {}

    async def run(self):
        """Returns the report; everything is stopped then."""
        async with contextlib.AsyncExitStack() as parts:
            await self._start(parts)
            await self._calm()
            await self._storm()
            await self._quiet()
            evidence = await verdict.open_evidence(self.storm, self.history)
            with evidence:
                return report.build(self, await asyncio.to_thread(verdict.judge, evidence, self.say))

    def chosen_faults(self):
        """The classes of this run."""
        if not self.settings.only:
            return list(self.faults.values())
        return [fault for name, fault in self.faults.items() if name in self.settings.only]

    # ---------------------------------------------------------------- the phases

    async def _start(self, parts):
        folder = self.settings.data / "storm"
        (folder / "settings.json").write_text(json.dumps(settings_fields(self.settings)))
        self.say("starting the network, the servers, the simulators and the services")
        self.storm.network = await Network.start(folder / "network")
        parts.push_async_callback(self.storm.network.stop)
        self.storm.stack = await Stack.start(self.settings, self.storm.network)
        parts.push_async_callback(self.storm.stack.stop)
        sampler = Sampler(self.storm.stack, self.history, self.settings)
        parts.push_async_callback(sampler.stop)
        await sampler.start()
        self.sampler = sampler
        self.storm.load = await LoadProcess.start(self.settings, self.storm.stack.world, folder)
        parts.push_async_callback(self.storm.load.stop)

    async def _calm(self):
        await self._phase("warm-up", self.settings.rate)
        await asyncio.sleep(self.settings.warm_up_seconds)
        await self._phase("calm", self.settings.rate)
        await self._look_after(self.settings.calm_seconds)

    async def _storm(self):
        await self._phase("storm", self.settings.rate)
        ends = self.moments["calm"] + self.settings.minutes * 60
        plan = Plan(self.settings, self.chosen_faults())
        checking = asyncio.create_task(self._keep_checking())
        try:
            # A short storm goes on until each class has had its turn.
            while time.time() < ends or (self.settings.is_short and not plan.has_dealt_all):
                slot = plan.next_slot()
                if slot is None:
                    break
                await self._run_slot(slot, checking)
            await self._wait(lambda: time.time() >= ends, max(0.0, ends - time.time()) + 1, checking)
        finally:
            checking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await checking
        self.moments["storm ends"] = time.time()

    async def _quiet(self):
        """The customers finish what they began, then everything has to come to rest by itself."""
        await self._phase("quiet", 0)
        limit = self.settings.quiet_seconds_max
        began = time.time()
        unfinished = await self.storm.load.settle(limit)
        self.say(f"the customers are done after {time.time() - began:.0f} s" + (
            f"; {unfinished} never came to an end" if unfinished else ""))
        began = time.time()
        while reason := await verdict.unrest(self.storm):
            if time.time() - began > limit:
                self.say(f"not at rest after {limit:.0f} s: {reason}")
                break
            await asyncio.sleep(1)
        else:
            self.say(f"at rest after {time.time() - began:.0f} s")
        await asyncio.sleep(self.settings.rest_seconds)
        self.moments["end"] = time.time()
        await self.sampler.stop()

    async def _phase(self, name, rate):
        self.moments[name] = time.time()
        self.history.write("storm", "phase", name=name, rate=rate)
        self.say(f"{name}: {rate:g} orders/s")
        if rate:
            await self.storm.load.set_rate(rate)

    # ---------------------------------------------------------------- faults

    async def _run_slot(self, slot, watched):
        self.say("  ".join(f"{planned.name} ({planned.seconds:.0f} s)" for planned in slot.faults))
        tasks = [asyncio.create_task(self._fire(planned)) for planned in slot.faults]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(self.settings.gap_seconds_min)
        await self._wait(self._is_well, self.settings.gap_seconds_max, watched)

    async def _fire(self, planned):
        fault = self.faults[planned.name]
        begins = time.time()
        self.history.write("storm", "fault", fault=fault.name, state="begins", seconds=planned.seconds)
        hits = await fault.run(self.storm, random.Random(planned.seed), planned.seconds)
        ends = time.time()
        goal = {"process": self.settings.process_recovery_seconds, "server": self.settings.server_recovery_seconds}
        firing = Firing(
            fault.name, begins, ends, tuple(dataclasses.astuple(hit) for hit in hits), goal.get(fault.recovery))
        self.firings.append(firing)
        self.history.write(
            "storm", "fault", fault=fault.name, state="ends", seconds=round(ends - begins, 2),
            hits=[list(hit) for hit in firing.hits])

    def _is_well(self):
        """Whether customers are served in time again, as they see it."""
        figures = self.storm.load.figures
        return figures.get("oldest_waiting_seconds", 0) < self.settings.overdue_seconds

    async def _wait(self, condition, seconds, watched):
        """Until `condition` holds, at most that long; an error of the watched task ends the run."""
        deadline = time.time() + seconds
        while not condition() and time.time() < deadline:
            if watched.done():
                watched.result()
            await asyncio.sleep(0.2)

    # ---------------------------------------------------------------- checks meanwhile

    async def _look_after(self, seconds):
        checking = asyncio.create_task(self._keep_checking())
        ends = time.time() + seconds
        await self._wait(lambda: time.time() >= ends, seconds + 1, checking)
        checking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await checking

    async def _keep_checking(self):
        """What must hold at every instant, in snapshots. While Postgres is away there is nothing to look at."""
        while True:
            await asyncio.sleep(self.settings.check_seconds)
            for finding in await verdict.check_now(self.storm):
                if finding in self.findings:
                    continue
                self.say(f"FINDING {finding.promise}: {finding.text}")
                self.findings.append(finding)
                self.history.write("storm", "finding", promise=finding.promise, text=finding.text)
