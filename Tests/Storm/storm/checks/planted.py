"""Mistakes that are made on purpose, to see whether the checks find them.

A check that finds nothing has said something only if it would have found something. Each mistake is planted in the
evidence of the run itself, and its check must name what it did not name before. Then it is undone.
"""

import dataclasses
import pathlib
import random
import typing



@dataclasses.dataclass(frozen=True)
class Planted:
    """One mistake."""

    #: As in the report: lower case, words joined by "_".
    name: str
    #: The name of the check that must find it.
    check: str
    #: `plant(evidence, random)` makes it and returns in words what it did; None: the run left nothing to spoil.
    plant: typing.Callable


@dataclasses.dataclass(frozen=True)
class Catch:
    """What came of one planted mistake."""

    planted: Planted
    #: What was done; empty when there was nothing to spoil.
    what: str
    #: What the check said of it beyond what it says anyway.
    findings: tuple


def catch_all(evidence, checks=None, planted=None, seed=1):
    """`{name of the mistake: whether its check found it}` for every mistake; None: this run has nothing to spoil so."""
    return {
        catch.planted.name: bool(catch.findings) if catch.what else None
        for catch in catches(evidence, checks, planted, seed)}


def catches(evidence, checks=None, planted=None, seed=1):
    """Plants each mistake in turn. Leaves the evidence as it was."""
    checks = {check.name: check for check in (checks if checks is not None else _all_checks())}
    planted = planted if planted is not None else all_planted()
    before = {}
    for mistake in planted:
        check = checks[mistake.check]
        if mistake.check not in before:
            before[mistake.check] = frozenset(check.run(evidence))
        yield _catch(evidence, check, mistake, before[mistake.check], seed)


def _catch(evidence, check, mistake, before, seed):
    with evidence.planting():
        try:
            what = mistake.plant(evidence, random.Random(f"{seed} {mistake.name}"))
            if what is None:
                return Catch(mistake, "", ())
            return Catch(mistake, what, tuple(finding for finding in check.run(evidence) if finding not in before))
        finally:
            _remove_planted_log(evidence)


#: The one file that a mistake may add to the logs.
PLANTED_LOG = "planted.log"


def plant_log(evidence, text):
    """Another log of a service, in the folder of the real ones, until the mistake is undone."""
    (pathlib.Path(evidence.log_folder) / PLANTED_LOG).write_text(text, encoding="utf-8")


def _remove_planted_log(evidence):
    if evidence.log_folder is not None:
        (pathlib.Path(evidence.log_folder) / PLANTED_LOG).unlink(missing_ok=True)


def all_planted():
    from .planted_bus import PLANTED as of_the_bus
    from .planted_dialogs import PLANTED as of_the_dialogs
    from .planted_edge import PLANTED as of_the_edge
    from .planted_money import PLANTED as of_the_money
    return [*of_the_money, *of_the_bus, *of_the_edge, *of_the_dialogs]


def _all_checks():
    from . import ALL
    return ALL
