"""Mistakes that are made on purpose, to see whether the checks find them.

A check that finds nothing has said something only if it would have found something. Each mistake is planted in the
evidence of the run itself, and its check must name what it did not name before. Then it is undone.
"""

import dataclasses
import random

from .findings import findings
from .planted import ALL as MISTAKES
from .planting import NothingToSpoil, Planted, remove_log

#: A run of so many minutes has everything that a mistake needs …
MINUTES_MIN = 3
#: … but for these: dust is rare, and comes to the same address as what is no dust.
MAY_HAVE_NOTHING = frozenset(["credited_dust"])


@dataclasses.dataclass(frozen=True)
class Catch:
    """What came of one planted mistake."""

    planted: Planted
    #: What was done; empty when there was nothing to spoil.
    what: str
    #: What the check said of it beyond what it says anyway.
    findings: tuple


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
            return Catch(mistake, what, tuple(finding for finding in check.run(evidence) if finding not in before))
        except NothingToSpoil:
            return Catch(mistake, "", ())
        finally:
            remove_log(evidence)


def unspoilt(caught, minutes):
    """Findings for the mistakes that nothing could be made with: in a run of some minutes that means that there is none
    of something that there should be."""
    if minutes < MINUTES_MIN:
        return []
    names = sorted(name for name, is_caught in caught.items() if is_caught is None and name not in MAY_HAVE_NOTHING)
    return findings("harness", "other", "there was nothing to spoil for a mistake", names)


def all_planted():
    return list(MISTAKES)


def _all_checks():
    from . import ALL
    return ALL
