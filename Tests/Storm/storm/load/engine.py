"""The open loop: customers come when they come, whatever becomes of those before them."""

import asyncio
import math
import random
import time
import traceback

from storm.load.figures import Figures
from storm.load.gateways import Gateways
from storm.load.kind import CustomerSide, Settling
from storm.load.pace import Arrivals

#: The loop looks at the clock at least so often.
LOOK_SECONDS_MAX = 1.0


class Engine:
    def __init__(self, settings, world, history, kinds):
        self.settings = settings
        self.world = world
        self.history = history
        self.figures = Figures(overdue_seconds=settings.overdue_seconds)
        self.settling = Settling()
        self.parts = {}
        self.arrivals = Arrivals([kind() for kind in kinds], random.Random(f"{settings.seed}/arrivals"))
        self.number = 0
        self.tasks = set()
        self.has_changed = asyncio.Event()
        self.loop_task = None

    def start(self):
        self.loop_task = asyncio.create_task(self._loop())

    def set_rate(self, orders_per_second):
        self.arrivals.set_rate(orders_per_second, time.time())
        self.has_changed.set()

    def set_gateways(self, gateways):
        self._side("gateways", 0.0).part(Gateways).replace(gateways)

    async def settle(self, seconds):
        """No new arrivals; returns when everything that was begun has come to its end, or the time is over. Returns how
        many arrivals had not."""
        self.set_rate(0)
        self.settling.begin(seconds)
        deadline = time.monotonic() + seconds
        while self.tasks and time.monotonic() < deadline:
            await asyncio.wait(set(self.tasks), timeout=min(1.0, deadline - time.monotonic()))
        # Those who give up at the deadline still write that they do.
        if self.tasks:
            await asyncio.wait(set(self.tasks), timeout=self.settings.request_seconds_max + 1)
        return len(self.tasks)

    async def stop(self):
        """Ends everything at once."""
        tasks = [*self.tasks, *([self.loop_task] if self.loop_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for part in reversed(self.parts.values()):
            if hasattr(part, "close"):
                await part.close()

    def values(self):
        """The figures at this moment: those of the customers, orders sent, and arrivals of any kind."""
        values = self.figures.values()
        return {**values, "sent": values.get("orders_sent", 0), "arrivals": self.number}

    # ---------------------------------------------------------------- inside

    async def _loop(self):
        while True:
            for due, kind in self.arrivals.take(time.time()):
                self._start(due, kind)
            pause = self.arrivals.next_due - time.time()
            if pause <= 0:
                await asyncio.sleep(0)
                continue
            self.has_changed.clear()
            try:
                async with asyncio.timeout(min(pause, LOOK_SECONDS_MAX) if pause < math.inf else LOOK_SECONDS_MAX):
                    await self.has_changed.wait()
            except TimeoutError:
                # The next one is due.
                continue

    def _start(self, due, kind):
        self.number += 1
        if len(self.tasks) >= self.settings.arrivals_max:
            self.figures.count("not_started")
            self.history.write("storm", "not_started", traffic=kind.name, due=due)
            return
        late = time.time() - due
        if late > self.settings.late_seconds:
            self.figures.count("late")
            self.figures.most("late_seconds_max", round(late, 3))
        task = asyncio.create_task(self._run(kind, self._side(kind.name, due)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _side(self, name, due):
        return CustomerSide(
            self.settings, self.world, self.history, self.figures, self.settling, self.parts,
            random.Random(f"{self.settings.seed}/{name}/{self.number}"), due, self.number)

    async def _run(self, kind, side):
        side.count("arrivals_" + kind.name)
        try:
            await kind.run(side)
        except Exception as error:
            # The run fails by it; the other customers go on, so that everything that is broken is seen.
            self.figures.count("broken")
            side.end_waits()
            self.history.write(
                "storm", "broken", traffic=kind.name, error="".join(traceback.format_exception(error, limit=-4)))
