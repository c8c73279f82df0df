"""The judgement of the checks of money and energy."""

import types
import unittest

from storm.checks import customers, delegations, deposits, ledger, rentals
from storm.checks.findings import EXAMPLES_MAX, findings
from storm.checks.simulators import ChainEvidence, ChainTransaction

from .checks_kit import BACK, LENT, ORDER, RECEIVER, SECOND, CheckTest, FakeEvidence, effect, row, signed


def journal_line(id, kind, debit, credit, amount, currency="TRX", **fields):
    return {
        "id": id, "kind": kind, "debit": debit, "credit": credit, "amount": amount, "currency": currency,
        "order_id": ORDER, "customer": "cus_1", **fields}


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
            journal_line("credit:1", "credit", "adjustments", "customer:cus_1", 100),
            journal_line("hold:1", "hold", "customer:cus_1", "held:cus_1", 30),
            journal_line("deposit:1", "deposit", "custody:deposits", "customer:cus_1", 5, currency="USDT")]
        shown = {"at": 1, "kind": "rest_balance", "what": "balance_seen", "customer": "cus_1"}
        true = {**shown, "available_sun": 70, "held_sun": 30}
        false = {**shown, "available_sun": 100, "held_sun": 30}
        check = customers.BalancesShownWereTrue()
        self.assert_silent(check, FakeEvidence(history=[true], answers={"wallet_svc.journal": lines}))
        self.assert_finds(check, FakeEvidence(history=[false], answers={"wallet_svc.journal": lines}), "other", "100")
        for tokens, found in ((0, 0), (5, 0), (6, 1)):
            line = {**true, "available_usdt_micro": tokens}
            self.assertEqual(
                len(check.run(FakeEvidence(history=[line], answers={"wallet_svc.journal": lines}))), found)

    def test_our_own_accounts_are_compared_with_what_is_not_in_the_journal(self):
        """One client and no people: 10 TRX were given, and one order was delivered for 1.95."""
        has = {"adjustments": -10_000_000, "revenue": 1_950_000, "customer:cus_1": 8_050_000, "custody:deposits": -7,
               "rounding": 7}
        check, dust = customers.OurAccounts(), deposits.Paid("t1", "T-address", "cus_1", "TRX", 7, True)

        def evidence(**changes):
            rows = [
                {"account": account, "currency": "TRX", "balance": balance}
                for account, balance in {**has, **changes}.items()]
            made = FakeEvidence([row()], answers={"with lines": rows})
            made.derived["paid deposits"] = [dust]
            return made

        self.assert_silent(check, evidence())
        self.assert_finds(check, evidence(adjustments=-9_999_999), "other", "adjustments")
        self.assert_finds(check, evidence(revenue=1_950_001), "other", "revenue")
        self.assert_finds(check, evidence(refunds=1), "other", "refunds")
        too_much = evidence(rounding=8, **{"custody:deposits": -8})
        self.assert_finds(check, too_much, "other", "the dust on the chain is 7")


class Holds(CheckTest):
    HOLD = journal_line("hold:1", "hold", "customer:cus_1", "held:cus_1", 30)
    CAPTURE = journal_line("capture:1", "capture", "held:cus_1", "revenue", 30)

    def found(self, hold, *lines):
        answers = {"from wallet_svc.journal": lines, "amount, captured, customer from wallet_svc.holds": [hold]}
        return [finding.damage for finding in ledger.HoldsAreSettledOnce().run(FakeEvidence(answers=answers))]

    def hold(self, state, captured=0):
        return {"id": ORDER, "state": state, "amount": 30, "captured": captured, "customer": "cus_1"}

    def test_what_is_held_released_or_captured_once_is_no_finding(self):
        release = journal_line("release:1", "release", "held:cus_1", "customer:cus_1", 30)
        back = journal_line("capture:1/2", "capture", "held:cus_1", "customer:cus_1", 10)
        part = [{**self.CAPTURE, "amount": 20}, back]
        self.assertEqual(self.found(self.hold("held"), self.HOLD), [])
        self.assertEqual(self.found(self.hold("released"), self.HOLD, release), [])
        self.assertEqual(self.found(self.hold("captured", 30), self.HOLD, self.CAPTURE), [])
        self.assertEqual(self.found(self.hold("captured", 20), self.HOLD, *part), [])
        self.assertEqual(self.found(self.hold("refused")), [])

    def test_twice_too_much_or_otherwise_is_found(self):
        self.assertEqual(self.found(self.hold("captured", 30), self.HOLD, self.CAPTURE, self.CAPTURE), ["twice"])
        self.assertEqual(self.found(self.hold("captured", 30), self.HOLD, {**self.CAPTURE, "amount": 31}), ["twice"])
        self.assertEqual(self.found(self.hold("held"), self.HOLD, self.CAPTURE), ["other"])
        self.assertEqual(self.found(self.hold("released"), self.HOLD), ["other"])
        self.assertEqual(self.found(self.hold("held")), ["other"])
        self.assertEqual(self.found(self.hold("held"), self.HOLD, {**self.HOLD, "customer": "cus_2"}), ["other"])


class Looks(unittest.TestCase):
    """The same checks, asked again and again while the storm goes on."""

    class Journal(FakeEvidence):
        """Answers with the lines from a transaction on, as Postgres would."""

        def __init__(self, holds=(), accounts=()):
            super().__init__()
            self.is_calm = self.is_whole = False
            self.lines, self.oldest_open, self.read = [], 1, 0
            self.holds, self.accounts = list(holds), list(accounts)

        def sql(self, query, parameters=()):
            if "xid >=" in query:
                lines = [
                    {**line, "is_settled": line["xid"] < self.oldest_open, "settled_below": str(self.oldest_open)}
                    for line in self.lines if line["xid"] >= int(parameters[0])]
                self.read += len(lines)
                return lines
            if "union" in query:
                return [hold for hold in self.holds if hold["id"] in parameters[0] or hold["state"] == "held"]
            return self.accounts if "from wallet_svc.accounts" in query and "join" not in query else []

    def test_a_balance_is_carried_on_and_each_settled_line_read_once(self):
        evidence = self.Journal(accounts=[{"id": "cus_1", "currency": "TRX", "available": 100, "held": 0}])
        check = ledger.BooksBalance()
        evidence.lines = [journal_line("credit:1", "credit", "adjustments", "customer:cus_1", 60, xid=1),
                          journal_line("credit:2", "credit", "adjustments", "customer:cus_1", 40, xid=2)]
        for oldest_open in (1, 2, 3):
            evidence.oldest_open = oldest_open
            self.assertEqual(check.run(evidence), [])
        self.assertEqual(evidence.read, 5)
        self.assertEqual(check.run(evidence), [])
        self.assertEqual(evidence.read, 5)
        evidence.lines.append(journal_line("credit:3", "credit", "adjustments", "customer:cus_1", 1, xid=3))
        self.assertEqual(len(check.run(evidence)), 1)

    def test_a_second_payment_is_found_in_the_look_in_which_it_comes(self):
        hold = {"id": ORDER, "state": "captured", "amount": 30, "captured": 30, "customer": "cus_1"}
        evidence, check = self.Journal(holds=[hold]), ledger.HoldsAreSettledOnce()
        evidence.lines = [{**Holds.HOLD, "xid": 1}, {**Holds.CAPTURE, "xid": 2}]
        evidence.oldest_open = 3
        self.assertEqual(check.run(evidence), [])
        self.assertEqual(check.run(evidence), [])
        evidence.lines.append({**Holds.CAPTURE, "xid": 3})
        self.assertEqual([finding.damage for finding in check.run(evidence)], ["twice"])

    def test_while_a_mistake_is_planted_everything_is_added_up(self):
        evidence = self.Journal()
        evidence.is_whole = True
        ledger.BooksBalance().run(evidence)
        self.assertEqual(evidence.read, 0)


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

    def test_a_payment_that_was_in_a_block_is_on_the_chain_unless_blocks_were_taken_back_since(self):
        line = {
            "at": 1_000.0, "what": "deposit_paid", "customer": "cus_1", "address": "T-address", "currency": "TRX",
            "amount": 2_000_000, "txid": "t1"}

        def found(at, *paid, state="credited"):
            fault = {"at": at, "what": "fault", "fault": "chain_reorganise", "state": "ends"}
            evidence = FakeEvidence(history=[fault, line], answers={
                "wallet_svc.deposits": [{"tx_id": "t1", "customer": "cus_1", "state": state}]})
            evidence.derived["paid deposits"] = list(paid)
            return [finding.text.partition(":")[0] for finding in deposits.DepositsPaidAreOnChain().run(evidence)]
        on_chain = deposits.Paid("t1", "T-address", "cus_1", "TRX", 2_000_000, True)
        self.assertEqual(found(900.0, on_chain), [])
        self.assertEqual(found(900.0), ["a payment that was in a block and is not on the chain"])
        self.assertEqual(found(1_100.0), [])
        self.assertEqual(found(900.0, on_chain, state="seen"), ["a payment that the wallet does not know so"])

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

    def test_a_sending_that_was_recorded_after_its_block_is_found(self):
        evidence = FakeEvidence([row()])
        books = evidence.derived["chain books"]
        value = {"receiver_address": RECEIVER, "balance": 7_000_000_000, "resource": "ENERGY"}
        books.sent = [ChainTransaction(
            "d1", "T-supplier", "DelegateResourceContract", "SUCCESS", 0, 1, 1_000 * SECOND, True, value)]
        for sent_ms, found in ((1_000 * SECOND - 500, []), (1_000 * SECOND + 5_000, ["5000 ms"])):
            books.signed["d1"] = signed(sent_ms=sent_ms)
            texts = [finding.text for finding in delegations.OnlyWhatWasAskedFor().run(evidence)]
            self.assertEqual([text.rpartition(": ")[2] for text in texts], found)

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
        reader = types.SimpleNamespace(resource_of=lambda address: asked.append(address) or {"trx": 1})
        chain = ChainEvidence(reader)
        self.assertEqual([chain.resource_of("T")["trx"], chain.resource_of("T")["trx"]], [1, 1])
        self.assertEqual(asked, ["T"])


class Findings(unittest.TestCase):
    def test_many_are_counted_and_not_all_told(self):
        found = findings("I1", "lost", "gone", (str(number) for number in range(100)))
        self.assertEqual(len(found), EXAMPLES_MAX + 1)
        self.assertEqual(sum(finding.count for finding in found), 100)


if __name__ == "__main__":
    unittest.main()
