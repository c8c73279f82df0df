"""The journal's sums as of one look after the other: each look adds up the lines since the one before.

A line never changes, so what every later snapshot has, too, is added up once: lines of transactions that are older than
the oldest one still open. The rest is read again with the next look. While a mistake is planted, and at the end, the
checks add up the whole journal instead.
"""

import collections

_NEW_LINES = """
    select id, kind, debit, credit, currency, amount, order_id, customer,
      xid < pg_snapshot_xmin(pg_current_snapshot()) as is_settled,
      pg_snapshot_xmin(pg_current_snapshot())::text as settled_below
    from wallet_svc.journal where xid >= %s::text::xid8
"""


class Carried:
    """Sums that are kept. `add(sums, line)` adds one line to a dictionary of them; `empty()` makes one."""

    def __init__(self, add, empty):
        self.add = add
        self.empty = empty
        self.kept = empty()
        #: All lines of transactions before this one are in `kept`.
        self.settled_below = "0"

    def look(self, evidence):
        """(sums of what is settled, sums of what is not yet, the lines that this look has read)."""
        lines = evidence.sql(_NEW_LINES, (self.settled_below,))
        fresh = self.empty()
        for line in lines:
            self.add(self.kept if line["is_settled"] else fresh, line)
        if lines:
            self.settled_below = lines[0]["settled_below"]
        return self.kept, fresh, lines


def add_balances(balances, line):
    """`{(account, currency): balance}`"""
    balances[line["credit"], line["currency"]] += line["amount"]
    balances[line["debit"], line["currency"]] -= line["amount"]


#: Of what an order's lines moved: the name of the sum and of the count, by kind.
_MOVED = {"hold": ("held", "holds"), "release": ("released", "releases"), "capture": ("captured", "captures")}
NOTHING_MOVED = {"held": 0, "released": 0, "captured": 0, "returned": 0, "holds": 0, "releases": 0, "captures": 0,
                 "strangers": 0}


def add_moved(orders, line):
    """`{order: what its lines moved, as NOTHING_MOVED names it}`; `customer` is whose money it was."""
    if line["kind"] not in _MOVED:
        return
    moved = orders.setdefault(line["order_id"], {**NOTHING_MOVED, "customer": line["customer"]})
    amount, count = _MOVED[line["kind"]]
    own = f"held:{line['customer']}"
    moved["strangers"] += line["customer"] != moved["customer"]
    if line["kind"] == "capture" and line["credit"] != "revenue":
        # What a capture in part gives back is a line of its own.
        moved["returned"] += line["amount"] * (line["debit"] == own)
        return
    moved[count] += 1
    is_own = (line["credit"] if line["kind"] == "hold" else line["debit"]) == own
    moved[amount] += line["amount"] * (is_own or line["kind"] == "capture")


def together(some, others):
    """Both sums of what one order's lines moved; either may be None."""
    if some is None or others is None:
        return some or others
    both = {name: some[name] + others[name] for name in NOTHING_MOVED}
    both["strangers"] += some["customer"] != others["customer"]
    return {**both, "customer": some["customer"]}


def carried_balances():
    return Carried(add_balances, collections.Counter)


def carried_holds():
    return Carried(add_moved, dict)
