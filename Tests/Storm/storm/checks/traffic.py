"""Every kind of traffic got through: a channel that is dead breaks no promise, as nobody in it is promised anything."""

from storm.load.kinds import ALL

from .check import Check
from .findings import findings

#: A kind of which fewer are expected may have had bad luck.
ARRIVALS_MIN = 20


def _is(what, **fields):
    return lambda line: line["what"] == what and all(line.get(name) == value for name, value in fields.items())


#: Of each kind of traffic, the line that proves that one of its customers got what was wanted.
SUCCESS = {
    "rest_order": _is("order_seen", status="completed"),
    "rest_repeat": _is("order_answered", replayed=True),
    "rest_cancel": _is("cancel_answered", status=202),
    "rest_balance": _is("balance_seen"),
    "deposit": _is("deposit_paid"),
    "mistaken": lambda line: line["what"] == "order_answered" and line["status"] in (409, 422),
    "insufficient": _is("order_answered", status=402),
    "hostile": _is("hostile"),
    "telegram_order": _is("order_told", state="ended"),
    "telegram_half": _is("offer_left"),
    "telegram_hostile": _is("hostile"),
    "telegram_deposit": _is("deposit_paid"),
    "telegram_balance": _is("balance_seen"),
    "telegram_addresses": _is("address_book"),
    "telegram_alerts": _is("alerts_set"),
}
#: Kinds that leave no line, by what the bus then carries: a command of gateway's.
SUCCESS_BY_COMMAND = {"rest_addresses": "wallet.SaveAddress"}
#: What customers do with their energy is between them and the chain.
WITHOUT_PROOF = frozenset(["use_energy"])


def expected(history, rate, kinds=ALL):
    """`{kind: arrivals}` that the open loop should have made, by the phases and their rates."""
    phases = [line for line in history if line["what"] == "phase"]
    orders = sum(
        (later["at"] - line["at"]) * line.get("rate", rate) for line, later in zip(phases, phases[1:]))
    weights = sum(kind.weight for kind in kinds if kind.is_order)
    return {kind.name: orders * kind.weight / (weights if kind.is_order else 100) for kind in kinds}


class EveryKindGotThrough(Check):
    name = "every_kind_got_through"
    promises = ("traffic",)

    def run(self, evidence):
        if not evidence.is_calm:
            return []
        seen = {
            kind for line in evidence.history
            if (kind := line["kind"]) in SUCCESS and SUCCESS[kind](line)}
        sent = {row["type"] for row in evidence.sql(
            "select distinct type from gateway.outbox where type = any(%s)", (list(SUCCESS_BY_COMMAND.values()),))}
        seen |= {kind for kind, type in SUCCESS_BY_COMMAND.items() if type in sent} | WITHOUT_PROOF
        return findings("traffic", "other", "a kind of traffic in which nobody got what he wanted", (
            f"{kind}, about {arrivals:.0f} arrivals"
            for kind, arrivals in expected(evidence.history, evidence.settings.rate).items()
            if arrivals >= ARRIVALS_MIN and kind not in seen))
