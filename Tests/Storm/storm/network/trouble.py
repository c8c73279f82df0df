"""What can be wrong with a link: values, as they travel from a fault to the proxy."""

import dataclasses

#: Which bytes are hit: those to the server, those to the client, or both.
UP, DOWN, BOTH = "up", "down", "both"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trouble:
    """One trouble of one link. All that is random in it comes from `seed`."""

    seed: int = 0

    #: Its name on the wire to the proxy.
    kind = ""

    def to_json(self):
        return {"kind": self.kind, **dataclasses.asdict(self)}

    @staticmethod
    def from_json(fields):
        fields = dict(fields)
        kind = fields.pop("kind")
        if kind not in KINDS:
            raise ValueError(f"no trouble is called {kind!r}: one of {', '.join(sorted(KINDS))}")
        return KINDS[kind](**fields)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delay(Trouble):
    """Everything arrives later, in order: `delay_seconds`, and up to `jitter_seconds` more for each chunk."""

    kind = "delay"
    delay_seconds: float
    jitter_seconds: float = 0.0
    direction: str = BOTH

    def __post_init__(self):
        check_direction(self.direction)
        if self.delay_seconds < 0 or self.jitter_seconds < 0:
            raise ValueError(f"a delay is not negative: {self.delay_seconds} s, jitter {self.jitter_seconds} s")

    def __str__(self):
        return f"{self.delay_seconds * 1000:.0f} ms + {self.jitter_seconds * 1000:.0f} ms of jitter, {self.direction}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cut(Trouble):
    """All connections are reset, and new ones refused."""

    kind = "cut"

    def __str__(self):
        return "reset and refused"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HalfOpen(Trouble):
    """What is sent vanishes, and the connection stays: neither side learns anything, not even that the other closed.

    As with a router that has forgotten a connection, one that was hit stays dead when the trouble is over; then a
    close is told again. New connections work.
    """

    kind = "half_open"
    direction: str = BOTH

    def __post_init__(self):
        check_direction(self.direction)

    def __str__(self):
        return f"bytes vanish, {self.direction}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trickle(Trouble):
    """Each connection carries only so many bytes a second."""

    kind = "trickle"
    bytes_per_second: int
    direction: str = BOTH

    def __post_init__(self):
        check_direction(self.direction)
        if self.bytes_per_second < 1:
            raise ValueError(f"a trickle needs at least 1 byte a second, not {self.bytes_per_second}")

    def __str__(self):
        return f"{self.bytes_per_second} bytes a second, {self.direction}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CutInReply(Trouble):
    """A connection is reset in the middle of a reply: the server has done the work, the client cannot know.

    It hits the first reply of any connection of the link; then none for about `pause_seconds`, so that what
    has connected again gets something done before the next one.
    """

    kind = "cut_in_reply"
    pause_seconds: float = 0.5

    def __post_init__(self):
        if self.pause_seconds < 0:
            raise ValueError(f"a pause is not negative: {self.pause_seconds} s")

    def __str__(self):
        return f"a reply cut every {self.pause_seconds:.1f} s"


KINDS = {trouble.kind: trouble for trouble in (Delay, Cut, HalfOpen, Trickle, CutInReply)}


def check_direction(direction):
    if direction not in (UP, DOWN, BOTH):
        raise ValueError(f"a direction is {UP!r}, {DOWN!r} or {BOTH!r}, not {direction!r}")
