"""The judgement of the checks of money and energy."""

import types
import unittest

from storm.checks import customers, delegations, deposits, ledger, rentals
from storm.checks.findings import EXAMPLES_MAX, findings
from storm.checks.simulators import ChainEvidence, ChainTransaction

from .checks_kit import BACK, LENT, ORDER, RECEIVER, SECOND, CheckTest, FakeEvidence, effect, row, signed


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
