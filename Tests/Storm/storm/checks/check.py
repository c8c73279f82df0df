"""What a check is, and what it returns."""

import abc
import dataclasses


@dataclasses.dataclass(frozen=True)
class Finding:
    """One promise broken, with what is needed to look into it."""

    #: The promise, e.g. "I9" or "bus-5".
    promise: str
    #: "lost", "twice" or "other": how the report counts it.
    damage: str
    text: str
    #: How many cases it stands for.
    count: int = 1


class Check(abc.ABC):
    #: Stable, e.g. "charged_once".
    name: str
    #: Promises of the design that it looks after, e.g. ("I8", "I9", "bus-4").
    promises: tuple
    #: Whether it holds at every instant (it is then asked during the storm, too), or only after it has calmed down.
    always: bool = False

    @abc.abstractmethod
    def run(self, evidence):
        """Returns findings; none when the promise is kept. `evidence` is storm.checks.evidence.Evidence."""
