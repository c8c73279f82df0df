"""A program that should run: it is started again when it dies, and every death is written down."""

import asyncio
import dataclasses
import signal
import time


@dataclasses.dataclass(frozen=True)
class Death:
    """The end of a process. One that nobody asked for is a finding, and so is one with `trouble`."""

    at: float
    name: str
    pid: int
    #: Minus the signal's number when it died of one.
    exit_code: int
    #: Why it was expected, such as "kill" or "stop"; empty: nobody asked for it.
    cause: str
    #: For how long it had run.
    seconds: float
    #: What was wrong with an end that was asked for.
    trouble: str = ""

    @property
    def asked(self):
        return self.cause != ""


class Supervised:
    """`launch` makes a `Process`. Between a death and the next start are `pause` seconds; the `deaths` are shared."""

    #: One that lives for less than this has started in vain: the next pause is longer.
    SHORT_LIFE_SECONDS = 5.0
    PAUSE_SECONDS_MAX = 4.0

    def __init__(self, name, launch, deaths, pause):
        self.name = name
        self.launch = launch
        self.deaths = deaths
        self.pause = pause
        self.process = None
        self.is_wanted = False
        self.is_frozen = False
        #: While set, a death is expected for this reason.
        self.may_die_of = ""
        self._is_limited = False
        self._cause = ""
        self._trouble = ""
        self._exit_codes = None
        self._keeper = None
        self._awake = asyncio.Event()

    @property
    def pid(self):
        """None while it does not run."""
        return self.process.pid if self.is_running else None

    @property
    def is_running(self):
        return self.process is not None and self.process.is_running

    def begin(self):
        """Starts it, unless it is wanted already."""
        if self.is_wanted:
            return
        self.is_wanted = True
        self._launch()
        self._keeper = asyncio.create_task(self._keep(), name=f"keeps {self.name}")

    def _launch(self):
        self.is_frozen = False
        self._cause = ""
        self._trouble = ""
        self._exit_codes = None
        self.process = self.launch()

    async def _keep(self):
        pause = self.pause
        while True:
            exit_code = await asyncio.shield(self.process.exited)
            seconds = self._note(exit_code)
            if not self.is_wanted:
                return
            pause = self.pause if seconds >= self.SHORT_LIFE_SECONDS else min(2 * pause, self.PAUSE_SECONDS_MAX)
            await self._sleep(pause)
            if not self.is_wanted:
                return
            self._launch()

    async def _sleep(self, seconds):
        """Ends early when it is not wanted any more."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return

    def _note(self, exit_code):
        now = time.time()
        seconds = now - self.process.started_at
        trouble = self._trouble
        if not trouble and self._exit_codes is not None and exit_code not in self._exit_codes:
            trouble = f"ended with {exit_code} when it was asked to stop"
        cause = self._cause or self.may_die_of
        self.deaths.append(Death(now, self.name, self.process.pid, exit_code, cause, seconds, trouble))
        return seconds

    async def kill(self, cause="kill"):
        """kill -9. It is started again, as it is still wanted. False: it did not run."""
        if not self.is_running:
            return False
        process = self.process
        self._cause = cause
        process.signal(signal.SIGKILL)
        await process.wait(10)
        return True

    async def end(self, number, seconds, cause, exit_codes=(0,)):
        """Stops it for good by this signal, and waits. An end too late or with another exit code is noted as such."""
        self.is_wanted = False
        self._awake.set()
        process = self.process
        if self.is_running:
            self._cause = cause
            self._exit_codes = exit_codes
            self.thaw()
            process.signal(number)
            try:
                await process.wait(seconds)
            except TimeoutError:
                self._trouble = f"did not end within {seconds:g} s of {signal.Signals(number).name}"
                process.signal(signal.SIGKILL)
                await process.wait(10)
        if self._keeper:
            await self._keeper
        self._awake.clear()

    def forgive_limit(self, size):
        """With a limit of the files' size (None: it was lifted) a death is expected. One that has begun when the limit
        is lifted comes a little later: so it is forgiven until `forgive_no_more`."""
        self._is_limited = size is not None
        if self._is_limited:
            self.may_die_of = "file size"

    def forgive_no_more(self):
        """It serves again. While its files are still limited it may die all the same."""
        if not self._is_limited:
            self.may_die_of = ""

    def freeze(self):
        if self.is_running:
            self.process.signal(signal.SIGSTOP)
            self.is_frozen = True

    def thaw(self):
        if self.is_running:
            self.process.signal(signal.SIGCONT)
        self.is_frozen = False
