"""What a fault is."""

import abc
import dataclasses


@dataclasses.dataclass(frozen=True)
class Hit:
    """What a fault has really done: a fault that hit nothing has not fired."""

    #: Who or what was hit, such as "order-svc-2" or "tx-svc>redis".
    target: str
    #: How often: processes killed, connections cut, answers refused …
    count: int
    detail: str = ""


class Fault(abc.ABC):
    """One class of faults. A schedule calls `run` any number of times."""

    #: As in `--only` and in the report: lower case, words joined by "_".
    name: str
    #: Faults of one group never run at the same time: "process", "redis", "postgres", "network", "chain", "telegram",
    #: "clock", "load".
    group: str
    #: Which goal its recovery is held to: "process" (10 s), "server" (15 s) or None (reported only).
    recovery: str | None = None
    #: At most so often in a run; None: no limit.
    times_max: int | None = None
    #: Whether something may arrive twice because of it, as far as the bus is concerned.
    repeats: bool = True
    #: Whether nothing else may happen meanwhile, because its figures would mean nothing.
    alone: bool = False
    #: From and to, in seconds, how long one lasts; (0, 0) for one that is over at once.
    seconds: tuple = (2.0, 8.0)
    #: The same in a storm of a few minutes; None: as above.
    seconds_short: tuple | None = None

    @abc.abstractmethod
    async def run(self, storm, random, seconds):
        """Makes it happen, waits `seconds`, and puts everything back, whatever happens (`finally`).

        `storm` has `.stack` (storm.stack.Stack), `.network` (storm.network.Network), `.load` (storm.load.LoadProcess),
        `.history` (storm.history.History) and `.settings`; `random` is a `random.Random` of this firing alone: all
        choices come from it.
        Returns a list of `Hit`; an empty one: nothing was hit. Raises when the fault could not be undone.
        """
