"""Input that must be refused: what a case of it is, and how the answers are recorded."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    #: Stable; it stands in the history.
    name: str
    #: (status, code) pairs that are right; the code None stands for any.
    allowed: tuple
    #: (side, client) -> Request, or bytes; None: there is nothing yet to try it with.
    make: typing.Callable


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    data: bytes | None = None
    headers: dict | None = None
    #: Whose API key is sent; None: none.
    client: dict | None = None


def record_refusal(side, kind, case, answer, allowed):
    """An answer to input of this case; only `allowed` is right. None: there was no answer."""
    if answer is None:
        side.count("hostile_unanswered")
        return
    side.count("hostile")
    side.history.write(
        kind, "hostile", case=case, status=answer.status, code=answer.code, body=answer.body, gateway=answer.gateway,
        allowed=[list(pair) for pair in allowed])
