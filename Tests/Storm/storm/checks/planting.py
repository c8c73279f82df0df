"""What mistakes are planted with."""

import collections.abc
import dataclasses
import pathlib

#: The one file that a mistake may add to the logs.
PLANTED_LOG = "planted.log"


@dataclasses.dataclass(frozen=True)
class Planted:
    """A mistake that is made on purpose, to see that a check names it. `planted` makes one."""

    #: As in the report: lower case, words joined by "_".
    name: str
    #: The name of the check that must find it.
    check: str
    #: plant(evidence, random) makes it and returns in words what it did, or raises NothingToSpoil.
    plant: collections.abc.Callable


class NothingToSpoil(Exception):
    """This run has left nothing that the mistake could be made with."""


def planted(name, check, plant):
    """A mistake, after which everything that was gathered from the evidence is gathered anew."""
    def plant_and_forget(evidence, random):
        try:
            return plant(evidence, random)
        finally:
            evidence.forget()
    return Planted(name, check, plant_and_forget)


def one_of(random, choices):
    """One of them; NothingToSpoil where there is none."""
    if not choices:
        raise NothingToSpoil
    return random.choice(choices)


def pick(evidence, random, query):
    """A row of those that the query finds."""
    return one_of(random, evidence.sql(query))


def pick_completed(evidence, random):
    return pick(evidence, random, """
        select * from order_svc.orders where state = 'completed' and charged > 0 order by id limit 200""")


def insert_line(evidence, **columns):
    """A line of the journal, as nobody but a mistaken service would write it."""
    line = {"kind": "transfer", "currency": "TRX", "order_id": None, "customer": None, "body_hash": "", **columns}
    names = ", ".join(line)
    places = ", ".join(f"%({name})s" for name in line)
    evidence.execute(f"insert into wallet_svc.journal ({names}, created_at) values ({places}, now())", line)


def replace_line(evidence, random, what, change, accepts=lambda line: True):
    """Puts a changed copy in the place of a line of the history. Returns the new line."""
    place = one_of(random, [
        place for place, line in enumerate(evidence.history) if line["what"] == what and accepts(line)])
    evidence.history[place] = {**evidence.history[place], **change(evidence.history[place])}
    return evidence.history[place]


def plant_log(evidence, text):
    """Another log of a service, in the folder of the real ones, until the mistake is undone."""
    _planted_log(evidence).write_text(text, encoding="utf-8")


def remove_log(evidence):
    if evidence.log_folder is not None:
        _planted_log(evidence).unlink(missing_ok=True)


def _planted_log(evidence):
    return pathlib.Path(evidence.log_folder) / PLANTED_LOG
