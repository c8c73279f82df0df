"""The judgement of the checks of orders, money and energy, on small evidence made by hand."""

import types
import unittest

from storm.checks import answers, chain_books, customers, delegations, deposits, ledger, orders, paths, rentals, story
from storm.checks.findings import EXAMPLES_MAX, findings
from storm.checks.simulators import ChainEvidence, ChainTransaction

ORDER = "ord_1"
RECEIVER = "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC"
SECOND = 1_000


def row(**changes):
    """An order of the books that went well."""
    return {
        "id": ORDER, "customer": "cus_1", "origin": "rest", "receiver": RECEIVER, "energy": 65_000, "duration_seconds": 10,
        "price": 1_950_000, "state": "completed", "failure": None, "hold": "captured", "delivered": 65_000,
        "charged": 1_950_000, "cost": 0, "seq": 7, "delegate_txs": ["d1"], "reclaim_txs": ["r1"],
        "delivered_at": 1_000.0, "ends_at": 1_010.0, **changes}


def body(**changes):
    """What the API says of it."""
    return {
        "object": "order", "id": ORDER, "status": "completed", "receiver": RECEIVER, "energy": 65_000,
        "duration_seconds": 10, "price_sun": 1_950_000, "delegate_txids": ["d1"], "reclaim_txids": ["r1"],
        "created_at": "1970-01-01T00:16:39.000Z", "delivered_at": "1970-01-01T00:16:40.000Z",
        "ends_at": "1970-01-01T00:16:50.000Z", "failure": None, **changes}


def sent(key="key", **changes):
    return {
        "at": 998.0, "kind": "rest_order", "what": "order_sent", "key": key, "customer": "cus_1", "channel": "rest",
        "receiver": RECEIVER, "energy": 65_000, "duration_seconds": 10, **changes}


def answered(key="key", order=ORDER, status=201, **changes):
    return {
        "at": 999.0, "kind": "rest_order", "what": "order_answered", "key": key, "status": status, "order": order,
        "code": None, "body": body(status="processing", delegate_txids=[], delivered_at=None, ends_at=None), **changes}


def seen(at=1_021.0, **changes):
    return {"at": at, "kind": "rest_order", "what": "order_seen", "order": ORDER, "body": body(**changes)}


def effect(txid="d1", purpose="delegate", time_ms=1_000 * SECOND, **changes):
    fields = {
        "supplier": "T-supplier", "receiver": RECEIVER, "resource": "ENERGY", "sun": 7_000_000_000, "block": 1, **changes}
    return chain_books.Effect(txid=txid, purpose=purpose, time_ms=time_ms, **fields)


class FakeChainBooks:
    clock_offset_seconds = 0.0
    suppliers = {"T-supplier"}
    sent = ()

    taken_ms = chain_books.ChainBooks.taken_ms

    def __init__(self, effects):
        self.effects = {one.txid: one for one in effects}
        self.signed = {one.txid: signed(one.purpose) for one in effects}


def signed(purpose="delegate", **changes):
    fields = {
        "order": ORDER, "leg": f"{ORDER}/1", "purpose": purpose, "state": "solid", "supplier": "T-supplier",
        "receiver": RECEIVER, "stake": 7_000_000_000, "sent_ms": 0, **changes}
    return chain_books.Signed(**fields)


LENT, BACK = effect(), effect("r1", "reclaim", 1_011 * SECOND)


class FakeEvidence:
    """What the checks have gathered already; SQL is answered by the first whose text occurs in the query."""

    def __init__(self, rows=(), history=(), effects=(LENT, BACK), reverted=(), answers=()):
        self.history = list(history)
        self.settings = types.SimpleNamespace(sun_per_energy=30, client_trx=10, person_trx=5)
        self.world = {"rest_clients": [{"customer": "cus_1"}], "people": [], "payers": []}
        self.answers = dict(answers)
        lent = [one for one in effects if one.purpose == "delegate"]
        back = [one for one in effects if one.purpose == "reclaim"]
        self.derived = {
            "orders": {one["id"]: one for one in rows}, "chain books": FakeChainBooks(effects),
            "effects by order": {ORDER: (lent, back)} if effects else {},
            "effects by leg": {f"{ORDER}/1": (lent, back)} if effects else {},
            "reverted orders": set(reverted), "ratio": (180_000_000_000, 18_947_368_421), "paid deposits": []}

    def derive(self, name, build, of=()):
        if name not in self.derived:
            self.derived[name] = build(self)
        return self.derived[name]

    def sql(self, query, parameters=()):
        return next((rows for text, rows in self.answers.items() if text in query), [])


class CheckTest(unittest.TestCase):
    def assert_silent(self, check, evidence):
        self.assertEqual(check.run(evidence), [])

    def assert_finds(self, check, evidence, damage, text):
        found = check.run(evidence)
        self.assertTrue(
            any(finding.damage == damage and text in finding.text for finding in found),
            f"{check.name} should find '{text}' ({damage}), and finds {found}")


class Acknowledged(CheckTest):
    check = orders.AcknowledgedOrdersExist()

    def test_an_order_that_is_as_it_was_asked_for_is_no_finding(self):
        self.assert_silent(self.check, FakeEvidence([row()], [sent(), answered(), seen()]))

    def test_an_order_that_is_not_in_the_books_is_lost(self):
        self.assert_finds(self.check, FakeEvidence([], [sent(), answered()]), "lost", ORDER)

    def test_an_order_of_a_refusal_is_acknowledged_too(self):
        self.assert_finds(self.check, FakeEvidence([], [sent(), answered(status=402)]), "lost", ORDER)

    def test_an_order_of_somebody_else_is_found(self):
        self.assert_finds(self.check, FakeEvidence([row(customer="cus_2")], [sent(), answered()]), "other", "cus_2")

    def test_an_order_of_less_energy_is_found(self):
        self.assert_finds(self.check, FakeEvidence([row(energy=64_999)], [sent(), answered()]), "other", "64999")

    def test_the_spelling_of_an_address_does_not_matter(self):
        spelt = sent(receiver="41a4188d86e4a9cfdfcdc8a1a3a2ab5ba44b57d6c4")
        self.assertEqual(len(story.terms_of(spelt)[0]), 34)
        self.assertTrue(story.terms_of(spelt)[0].startswith("T"))


class OneOrder(CheckTest):
    check = orders.OneOrderForOneKey()

    def recorded(self, order=ORDER):
        return {"gateway.rest_orders": [{"id": f"client:{story.gateway_key('key')}", "order_id": order}]}

    def test_a_key_with_one_order_however_often_it_is_answered_is_no_finding(self):
        history = [sent(), answered(), sent(attempt=2), answered(at=1_005.0)]
        self.assert_silent(self.check, FakeEvidence([row()], history, answers=self.recorded()))

    def test_a_key_with_two_orders_is_found(self):
        history = [sent(), answered(), answered(order="ord_2")]
        rows = [row(), row(id="ord_2")]
        self.assert_finds(self.check, FakeEvidence(rows, history, answers=self.recorded()), "twice", "ord_1, ord_2")

    def test_more_orders_than_were_sent_are_found(self):
        rows = [row(), row(id="ord_2")]
        evidence = FakeEvidence(rows, [sent(), answered()], answers=self.recorded())
        self.assert_finds(self.check, evidence, "twice", "2 orders, 1 asked for")

    def test_a_gateway_that_has_another_order_for_the_key_is_found(self):
        evidence = FakeEvidence([row()], [sent(), answered()], answers=self.recorded("ord_9"))
        self.assert_finds(self.check, evidence, "other", "ord_9")


class Unknown(CheckTest):
    def evidence(self, **recorded):
        made = {
            "digest": story.gateway_key("key"), "order_id": ORDER, "customer": "cus_1", "receiver": RECEIVER,
            "energy": 65_000, "duration_seconds": 10, **recorded}
        history = [sent(), {"at": 999.5, "kind": "rest_order", "what": "order_given_up", "key": "key"}]
        return FakeEvidence([row()], history, answers={"gateway.rest_orders": [made]})

    def test_an_order_without_an_answer_may_exist_and_is_counted(self):
        evidence = self.evidence()
        self.assert_silent(orders.UnknownOutcomes(), evidence)
        self.assertEqual(orders.unknown_outcomes(evidence), {"unknown, made": 1})

    def test_if_it_exists_it_is_what_was_asked_for(self):
        self.assert_finds(orders.UnknownOutcomes(), self.evidence(energy=1), "other", "key of cus_1")


class Ends(CheckTest):
    def test_an_order_that_waits_is_lost(self):
        self.assert_finds(orders.OrdersEnd(), FakeEvidence([row(state="delivered")]), "lost", "delivered")

    def test_a_failure_without_a_reason_is_found(self):
        self.assert_finds(orders.FailuresAreNamed(), FakeEvidence([row(state="failed")]), "other", "None")

    def test_a_cancellation_that_was_said_to_be_too_late_is_found(self):
        history = [
            sent(), answered(), {"at": 1, "kind": "rest_cancel", "what": "cancel_sent", "order": ORDER},
            {"at": 2, "kind": "rest_cancel", "what": "cancel_answered", "order": ORDER, "status": 409, "body": {}}]
        evidence = FakeEvidence([row(state="cancelled", failure="cancelled_by_customer")], history)
        self.assert_finds(orders.CancelsHold(), evidence, "other", "too late")


class Ways(CheckTest):
    def step(self, before, state, **changes):
        return {
            "previous": before, "before": before, "state": state, "is_repeated": False, "is_stale": False,
            "is_ahead": False, "is_unknown": False, "times": 1, "example": ORDER, **changes}

    def mistakes(self, *step, **changes):
        return list(paths.StatesFollowTheTable.mistakes(self.step(*step, **changes)))

    def test_every_state_is_reached_from_another_one(self):
        reached = set().union(*paths.NEXT.values())
        self.assertEqual(reached, set(paths.STATUS))

    def test_the_usual_way_is_allowed(self):
        way = [None, "placed", "funded", "delegating", "delivered", "active", "ending", "completed"]
        for before, state in zip(way, way[1:]):
            self.assertEqual(self.mistakes(before, state), [])

    def test_steps_that_the_table_does_not_have_are_found(self):
        for before, state in [("placed", "delivered"), ("active", "failed"), ("completed", "ending"), ("failed", "funded")]:
            self.assertTrue(self.mistakes(before, state), f"{before} → {state}")

    def test_an_event_that_continues_another_one_is_found(self):
        self.assertTrue(self.mistakes("funded", "delivered", previous="delegating"))

    def test_books_that_have_another_state_than_was_told_last_are_found(self):
        self.assertTrue(self.mistakes("ending", "completed", is_stale=True))


class Words(CheckTest):
    def test_a_last_word_that_agrees_with_the_books_is_no_finding(self):
        evidence = FakeEvidence([row()], [sent(), answered(), seen()])
        for check in (answers.LastWordIsTrue(), answers.AnswersAgree(), answers.ActiveMeansDelegated()):
            self.assert_silent(check, evidence)

    def test_each_other_word_is_found(self):
        for changes in (
                {"price_sun": 1}, {"delegate_txids": ["d2"]}, {"reclaim_txids": ["r2"]}, {"status": "failed"},
                {"ends_at": "1970-01-01T00:16:51.000Z"}, {"failure": "deadline"}):
            evidence = FakeEvidence([row()], [sent(), answered(), seen(**changes)])
            self.assert_finds(answers.LastWordIsTrue(), evidence, "other", next(iter(changes)))

    def test_reclaims_that_were_not_known_yet_are_no_finding(self):
        self.assert_silent(answers.LastWordIsTrue(), FakeEvidence([row()], [sent(), answered(), seen(reclaim_txids=[])]))

    def test_a_customer_who_never_saw_the_end_is_found(self):
        evidence = FakeEvidence([row()], [sent(), answered(), seen(status="active")])
        self.assert_finds(answers.LastWordIsTrue(), evidence, "other", "never saw its end")

    def test_active_before_the_block_is_too_early(self):
        early = seen(at=990.0, status="active")
        evidence = FakeEvidence([row()], [sent(), answered(), early, seen()])
        self.assert_finds(answers.ActiveMeansDelegated(), evidence, "other", "too early")

    def test_active_and_then_failed_is_found_unless_the_chain_took_it_back(self):
        history = [sent(), answered(), seen(status="active"), seen(at=1_030, status="failed", failure="deadline")]
        failed = row(state="failed", failure="deadline")
        self.assert_finds(answers.AnswersAgree(), FakeEvidence([failed], history), "other", "two ends")
        self.assert_silent(answers.AnswersAgree(), FakeEvidence([failed], history, reverted=[ORDER]))

    def test_an_order_that_changes_its_energy_is_found(self):
        evidence = FakeEvidence([row()], [sent(), answered(), seen(at=1_020, energy=1), seen()])
        self.assert_finds(answers.AnswersAgree(), evidence, "other", "energy")

    def test_a_message_with_another_price_is_found(self):
        line = {
            "at": 1, "kind": "telegram_order", "what": "order_told", "key": "k", "order": ORDER, "state": "ended",
            "price_sun": 1, "receiver": RECEIVER, "energy": 65_000, "txid": "d1", "reclaim_txid": "r1"}
        self.assert_finds(answers.LastMessageIsTrue(), FakeEvidence([row()], [line]), "other", "price_sun")
        self.assert_silent(answers.LastMessageIsTrue(), FakeEvidence([row()], [{**line, "price_sun": 1_950_000}]))

    def test_a_price_that_is_not_listed_is_found(self):
        self.assert_finds(answers.PricesAreAsListed(), FakeEvidence([row(price=1)]), "other", "wrong price")


class Charges(CheckTest):
    check = ledger.ChargedOnce()

    def charged(self, sun, lines=1):
        return {"credit = 'revenue'": [{"order_id": ORDER, "lines": lines, "amount": sun}]}

    def test_a_delivered_order_that_was_paid_is_no_finding(self):
        self.assert_silent(self.check, FakeEvidence([row()], answers=self.charged(1_950_000)))

    def test_a_payment_that_is_missing_is_lost(self):
        self.assert_finds(self.check, FakeEvidence([row()]), "lost", "due are 1950000")

    def test_two_payments_are_twice(self):
        self.assert_finds(self.check, FakeEvidence([row()], answers=self.charged(3_900_000, 2)), "twice", ORDER)

    def test_a_failed_order_that_was_paid_is_twice(self):
        failed = row(state="failed", charged=0)
        self.assert_finds(self.check, FakeEvidence([failed], answers=self.charged(1)), "twice", "failed")

    def test_a_part_costs_its_part_rounded_down(self):
        self.assertEqual(ledger.charge_of({"price": 1_000, "energy": 3_000, "delivered": 1_000}), 333)
        self.assertEqual(ledger.charge_of({"price": 1_000, "energy": 3_000, "delivered": 3_001}), 1_000)


class Books(CheckTest):
    def evidence(self, available, held, lines):
        accounts = [{"id": "cus_1", "currency": "TRX", "available": available, "held": held}]
        balances = [{"account": account, "currency": "TRX", "balance": balance} for account, balance in lines.items()]
        return FakeEvidence(answers={"with lines": balances, "from wallet_svc.accounts": accounts})

    def test_books_that_balance_are_no_finding(self):
        lines = {"customer:cus_1": 70, "held:cus_1": 30, "adjustments": -100}
        self.assert_silent(ledger.BooksBalance(), self.evidence(70, 30, lines))

    def test_a_balance_that_is_not_its_lines_is_found(self):
        lines = {"customer:cus_1": 70, "held:cus_1": 30, "adjustments": -100}
        self.assert_finds(ledger.BooksBalance(), self.evidence(71, 30, lines), "other", "71")

    def test_less_than_nothing_is_found(self):
        lines = {"customer:cus_1": -1, "held:cus_1": 0, "adjustments": 1}
        self.assert_finds(ledger.BooksBalance(), self.evidence(-1, 0, lines), "other", "-1")

    def test_a_customer_has_credits_less_prices(self):
        paid = [{"id": "cus_1", "currency": "TRX", "available": 8_050_000, "held": 0}]
        check = customers.CustomersMoney()
        self.assert_silent(check, FakeEvidence([row()], answers={"wallet_svc.accounts": paid}))
        self.assert_finds(
            check, FakeEvidence([row(state="failed")], answers={"wallet_svc.accounts": paid}), "lost", "8050000")

    def test_a_balance_is_true_if_the_lines_pass_through_it(self):
        lines = [
            {"debit": "adjustments", "credit": "customer:cus_1", "amount": 100},
            {"debit": "customer:cus_1", "credit": "held:cus_1", "amount": 30}]
        shown = {"at": 1, "kind": "rest_balance", "what": "balance_seen", "customer": "cus_1"}
        true = {**shown, "available_sun": 70, "held_sun": 30}
        false = {**shown, "available_sun": 100, "held_sun": 30}
        check = customers.BalancesShownWereTrue()
        self.assert_silent(check, FakeEvidence(history=[true], answers={"wallet_svc.journal": lines}))
        self.assert_finds(check, FakeEvidence(history=[false], answers={"wallet_svc.journal": lines}), "other", "100")


class Deposits(CheckTest):
    check = deposits.DepositsAreCreditedOnce()

    def evidence(self, amount, *lines):
        evidence = FakeEvidence(answers={"kind = 'deposit'": [
            {"id": "deposit:t1", "credit": "customer:cus_1", "currency": "TRX", "amount": line} for line in lines]})
        evidence.derived["paid deposits"] = [deposits.Paid("t1", "T-address", "cus_1", "TRX", amount, True)]
        return evidence

    def test_one_line_of_the_amount_is_no_finding(self):
        self.assert_silent(self.check, self.evidence(2_000_000, 2_000_000))

    def test_none_is_lost_and_two_are_twice(self):
        self.assert_finds(self.check, self.evidence(2_000_000), "lost", "t1")
        self.assert_finds(self.check, self.evidence(2_000_000, 2_000_000, 2_000_000), "twice", "t1")

    def test_dust_is_nobodys(self):
        self.assert_silent(self.check, self.evidence(999_999))
        self.assert_finds(self.check, self.evidence(999_999, 999_999), "other", "dust")

    def test_a_transfer_of_the_token_is_read_out_of_its_call(self):
        value = {
            "owner_address": "T-payer", "contract_address": deposits.USDT,
            "data": "a9059cbb" + "41a4188d86e4a9cfdfcdc8a1a3a2ab5ba44b57d6c4"[2:].rjust(64, "0") + f"{1_500_000:064x}"}
        transaction = ChainTransaction("t", "T-payer", "TriggerSmartContract", "SUCCESS", 0, 1, 1, True, value)
        address, currency, amount = deposits.payment_of(transaction)
        self.assertEqual((address[0], len(address), currency, amount), ("T", 34, "USDT", 1_500_000))
        other = transaction._replace(value={**value, "contract_address": "T-counterfeit"})
        self.assertIsNone(deposits.payment_of(other))


class Chain(CheckTest):
    def test_a_rental_that_went_well_is_no_finding(self):
        evidence = FakeEvidence([row()])
        for check in (
                rentals.TakenBackExactly(), rentals.NoneEndsEarly(), delegations.OneEffectOfEachLeg(),
                delegations.EnergyIsDelivered(), delegations.OnlyWhatWasAskedFor()):
            self.assert_silent(check, evidence)

    def test_a_leg_that_was_delegated_twice_is_found(self):
        evidence = FakeEvidence([row()], effects=[LENT, effect("d2"), BACK])
        self.assert_finds(delegations.OneEffectOfEachLeg(), evidence, "twice", "d1, d2")

    def test_too_little_sun_for_the_energy_is_lost(self):
        evidence = FakeEvidence([row()], effects=[effect(sun=6_000_000_000), BACK])
        self.assert_finds(delegations.EnergyIsDelivered(), evidence, "lost", "6000000000")

    def test_an_order_without_energy_is_lost(self):
        self.assert_finds(delegations.EnergyIsDelivered(), FakeEvidence([row()], effects=()), "lost", ORDER)

    def test_what_never_comes_back_is_lost(self):
        self.assert_finds(rentals.TakenBackExactly(), FakeEvidence([row()], effects=[LENT]), "lost", "7000000000")

    def test_another_sum_that_comes_back_is_found(self):
        evidence = FakeEvidence([row()], effects=[LENT, BACK._replace(sun=1)])
        self.assert_finds(rentals.TakenBackExactly(), evidence, "other", "1 taken back")

    def test_a_millisecond_too_early_is_found(self):
        evidence = FakeEvidence([row()], effects=[LENT, BACK._replace(time_ms=1_010 * SECOND - 1)])
        self.assert_finds(rentals.NoneEndsEarly(), evidence, "other", "1 ms")

    def test_a_block_that_was_over_before_the_reclaim_was_sent_is_no_proof(self):
        evidence = FakeEvidence([row()], effects=[LENT, BACK._replace(time_ms=1_010 * SECOND - 1)])
        evidence.derived["chain books"].signed["r1"] = signed("reclaim", sent_ms=1_010 * SECOND)
        self.assert_silent(rentals.NoneEndsEarly(), evidence)

    def test_what_was_never_delivered_may_be_taken_back_at_once(self):
        evidence = FakeEvidence([row(state="failed", failure="deadline")], effects=[LENT, BACK._replace(time_ms=1)])
        self.assert_silent(rentals.NoneEndsEarly(), evidence)

    def test_a_transaction_that_nobody_signed_is_found(self):
        evidence = FakeEvidence([row()])
        value = {"receiver_address": RECEIVER, "balance": 1, "resource": "ENERGY"}
        evidence.derived["chain books"].sent = [ChainTransaction(
            "foreign", "T-supplier", "DelegateResourceContract", "SUCCESS", 0, 1, 1, True, value)]
        self.assert_finds(delegations.OnlyWhatWasAskedFor(), evidence, "twice", "foreign")

    def test_the_chain_is_asked_once_for_each_thing(self):
        asked = []
        reader = types.SimpleNamespace(account=lambda address: asked.append(address) or {"trx": 1})
        chain = ChainEvidence(reader)
        self.assertEqual([chain.account("T")["trx"], chain.account("T")["trx"]], [1, 1])
        self.assertEqual(asked, ["T"])


class Findings(unittest.TestCase):
    def test_many_are_counted_and_not_all_told(self):
        found = findings("I1", "lost", "gone", (str(number) for number in range(100)))
        self.assertEqual(len(found), EXAMPLES_MAX + 1)
        self.assertEqual(sum(finding.count for finding in found), 100)


if __name__ == "__main__":
    unittest.main()
