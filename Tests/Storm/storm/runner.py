"""One storm from the first process to the report: calm, faults, quiet, judgement.

Whatever breaks down on the way is a finding, and the run goes on with what is left: an hour's trouble is not thrown
away for one look that could not be taken.
"""

import asyncio
import contextlib
import dataclasses
import json
import random
import time
import traceback

from storm import aftermath, report, verdict
from storm.checks.check import Finding
from storm.faults import ALL as ALL_FAULTS
from storm.history import History
from storm.load import LoadError, LoadProcess
from storm.network import Network
from storm.plan import Plan
from storm.recovery import Firing
from storm.sampler import Sampler
from storm.settings import settings_fields
from storm.stack import Stack


class Storm:
    """What a fault is given: the parts of the run."""

    def __init__(self, settings, history):
        self.settings = settings
        #: The run's own.
        self.history = history
        self.stack = None
        self.network = None
        self.load = None
        #: Kept for the whole run: the simulator forgets what is old.
        self.chain_reader = None
        #: Looks at what holds at every instant; (when, why) of those that could not be taken.
        self.looks_taken = 0
        self.looks_missed = []


class Runner:
    def __init__(self, settings, say):
        self.settings = settings
        self.say = say
        self.history = History(settings.data / "storm" / "run.jsonl")
        self.storm = Storm(settings, self.history)
        self.faults = {fault.name: fault for fault in (kind() for kind in ALL_FAULTS)}
        self.firings = []
        #: Of the run itself; and of the looks, by check.
        self.findings = []
        self.seen = {}
        self.moments = {}
        self.sampler = None
        #: So many of the stack's deaths has the judgement seen.
        self.deaths_judged = 0

    async def run(self):
        """Returns the report; everything is stopped then."""
        judged = verdict.Verdict()
        try:
            async with contextlib.AsyncExitStack() as parts:
                await self._start(parts)
                await self._course()
                judged = await self._judge()
        except Exception as error:
            self.complain("the run", error)
        for finding in aftermath.findings(self):
            self._note(finding)
        return report.build(self, judged)

    async def _course(self):
        try:
            await self._calm()
            await self._storm()
        except Exception as error:
            self.complain("the storm was cut short", error)
        try:
            await self._quiet()
        except Exception as error:
            self.complain("the quiet", error)

    async def _judge(self):
        with await verdict.open_evidence(self.storm, self.history) as evidence:
            self.deaths_judged = len(evidence.deaths)
            return await asyncio.to_thread(verdict.judge, evidence, self.say, self.complain)

    def chosen_faults(self):
        """The classes of this run."""
        if not self.settings.only:
            return list(self.faults.values())
        return [fault for name, fault in self.faults.items() if name in self.settings.only]

    def complain(self, what, error):
        """Something went wrong that is no promise broken; the run fails by it. May be called from any thread."""
        where = "".join(traceback.format_exception(error, limit=-4))
        self._note(Finding("harness", "other", f"{what}: {error!r}"), where)

    def _note(self, finding, where=""):
        if finding in self.findings:
            return
        self.findings.append(finding)
        self._tell(finding, where)

    def _tell(self, finding, where=""):
        self.say(f"FINDING {finding.promise}: {finding.text}")
        self.history.write(
            "storm", "finding", promise=finding.promise, damage=finding.damage, text=finding.text, where=where)

    # ---------------------------------------------------------------- the phases

    async def _start(self, parts):
        folder = self.settings.data / "storm"
        (folder / "settings.json").write_text(json.dumps(settings_fields(self.settings)))
        self.say("starting the network, the servers, the simulators and the services")
        if any(fault.group == "network" for fault in self.chosen_faults()):
            # Without a fault of its own the network would only cost time: the parts speak to each other directly.
            self.storm.network = await Network.start(folder / "network")
            parts.push_async_callback(self.storm.network.stop)
        self.storm.stack = await Stack.start(self.settings, self.storm.network)
        parts.push_async_callback(self.storm.stack.stop)
        self.sampler = Sampler(self.storm.stack, self.history, self.settings)
        parts.push_async_callback(self.sampler.stop)
        await self.sampler.start()
        self.storm.load = await LoadProcess.start(self.settings, self.storm.stack.world, folder)
        parts.push_async_callback(self.storm.load.stop)

    async def _calm(self):
        await self._phase("warm-up", self.settings.rate)
        await asyncio.sleep(self.settings.warm_up_seconds)
        await self._phase("calm", self.settings.rate)
        async with self._checking():
            await self._pass(self.settings.calm_seconds)

    async def _storm(self):
        await self._phase("storm", self.settings.rate)
        ends = self.moments["calm"] + self.settings.minutes * 60
        plan = Plan(self.settings, self.chosen_faults())
        try:
            async with self._checking():
                # However little time was given, each class has its turn.
                while time.time() < ends or not plan.has_dealt_all:
                    slot = plan.next_slot()
                    if slot is None:
                        break
                    await self._run_slot(slot)
                await self._pass(ends - time.time())
        finally:
            self.moments["storm ends"] = time.time()

    async def _quiet(self):
        """The customers finish what they began, then everything has to come to rest by itself."""
        await self._phase("quiet", 0)
        await self._settle()
        limit = self.settings.quiet_seconds_max
        began = time.time()
        while reason := await verdict.unrest(self.storm):
            if time.time() - began > limit:
                self._note(Finding("bus-13", "other", f"it did not come to rest within {limit:.0f} s: {reason}"))
                break
            await asyncio.sleep(1)
        else:
            self.say(f"at rest after {time.time() - began:.0f} s")
        await asyncio.sleep(self.settings.rest_seconds)
        self.moments["end"] = time.time()
        await self.sampler.stop()

    async def _settle(self):
        began, load = time.time(), self.storm.load
        try:
            unfinished = await load.settle(self.settings.quiet_seconds_max)
        except LoadError as error:
            self.complain("the customers did not finish", error)
            return
        self.history.write("storm", "load", figures=load.figures, unfinished=unfinished)
        self.say(f"the customers are done after {time.time() - began:.0f} s" + (
            f"; {unfinished} never came to an end" if unfinished else ""))

    async def _phase(self, name, rate):
        self.moments[name] = time.time()
        self.history.write("storm", "phase", name=name, rate=rate)
        self.say(f"{name}: {rate:g} orders/s")
        if rate:
            await self.storm.load.set_rate(rate)

    # ---------------------------------------------------------------- faults

    async def _run_slot(self, slot):
        self.say("  ".join(f"{planned.name} ({planned.seconds:.0f} s)" for planned in slot.faults))
        first = len(self.firings)
        tasks = [asyncio.create_task(self._fire(planned)) for planned in slot.faults]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        ended = time.time()
        await self.storm.load.mark(ended)
        settings = self.settings
        await self._pass(settings.gap_seconds_min_short if settings.is_short else settings.gap_seconds_min)
        if not await self._pass(self.settings.gap_seconds_max, self._is_well):
            self._note_not_well(first, time.time() - ended)

    def _note_not_well(self, first, seconds):
        """The next faults begin all the same. `first`: of the slot's firings."""
        slot = [dataclasses.replace(firing, unwell_seconds=seconds) for firing in self.firings[first:]]
        self.firings[first:] = slot
        names = ", ".join(firing.name for firing in slot)
        waiting = self.storm.load.figures.get("overdue_since_mark", 0)
        self.history.write("storm", "not_well", faults=names, seconds=round(seconds, 2), waiting=waiting)
        if any(firing.goal is not None for firing in slot):
            self._note(Finding(
                "bus-17", "other", f"not well {seconds:.0f} s after {names}: {waiting} who came since wait too long"))

    async def _fire(self, planned):
        fault = self.faults[planned.name]
        begins = time.time()
        self.history.write("storm", "fault", fault=fault.name, state="begins", seconds=planned.seconds)
        hits = []
        try:
            hits = await fault.run(self.storm, random.Random(planned.seed), planned.seconds)
        except Exception as error:
            # Time-outs are among them: what was broken did not come back.
            self.complain(f"the fault {fault.name}", error)
        ends = time.time()
        firing = Firing(
            fault.name, begins, ends, tuple(dataclasses.astuple(hit) for hit in hits),
            self.settings.recovery_goal(fault.recovery))
        self.firings.append(firing)
        self.history.write(
            "storm", "fault", fault=fault.name, state="ends", seconds=round(ends - begins, 2),
            hits=[list(hit) for hit in firing.hits])

    def _is_well(self):
        """Whether customers who came after the faults are served in time, all but a few. Those from before may
        still wait for what the faults have cost them."""
        return self.storm.load.figures.get("overdue_since_mark", 0) <= self.settings.stragglers_max

    async def _pass(self, seconds, condition=lambda: False):
        """Until `condition` holds, at most that long; whether it does. Raises when nobody orders any more."""
        deadline = time.time() + seconds
        while not (holds := condition()) and time.time() < deadline:
            if self.storm.load.has_ended:
                raise LoadError(f"the load has ended by itself; its last words are in {self.storm.load.log.name}")
            await asyncio.sleep(0.2)
        return holds

    # ---------------------------------------------------------------- checks meanwhile

    @contextlib.asynccontextmanager
    async def _checking(self):
        """Looks again and again, as long as this lasts. A look that is under way at the end is taken to its own: the
        thread would go on anyway, and what it finds would be lost."""
        is_over = asyncio.Event()
        task = asyncio.create_task(self._keep_checking(is_over))
        try:
            yield
        finally:
            is_over.set()
            await task

    async def _keep_checking(self, is_over):
        """What must hold at every instant, in snapshots. While Postgres is away there is nothing to look at."""
        while not await self._comes(is_over, self.settings.check_seconds):
            try:
                found = await verdict.check_now(self.storm, self.complain)
            except Exception as error:
                self.complain("a look at what holds at every instant", error)
                continue
            for name, findings in found.items():
                seen = self.seen.setdefault(name, [])
                for finding in findings:
                    if finding not in seen:
                        seen.append(finding)
                        self._tell(finding)

    async def _comes(self, event, seconds):
        """Whether it does, within this time."""
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False
