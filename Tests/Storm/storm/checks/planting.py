"""What mistakes are planted with."""

from .check import Planted


def planted(name, check, plant):
    """A mistake, after which everything that was gathered from the evidence is gathered anew."""
    def plant_and_forget(evidence, random):
        try:
            return plant(evidence, random)
        finally:
            evidence.forget()
    return Planted(name, check, plant_and_forget)


def pick(evidence, random, query, parameters=()):
    """A row of those that the query finds, or None."""
    rows = evidence.sql(query, parameters)
    return random.choice(rows) if rows else None


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
    """Puts a changed copy in the place of a line of the history. Returns the new line, or None."""
    places = [
        place for place, line in enumerate(evidence.history) if line["what"] == what and accepts(line)]
    if not places:
        return None
    place = random.choice(places)
    evidence.history[place] = {**evidence.history[place], **change(evidence.history[place])}
    return evidence.history[place]
