"""The judgement of the checks of orders, and of what was told of them."""

import unittest

from storm.checks import answers, order_states, orders, story

from .checks_kit import ORDER, RECEIVER, CheckTest, FakeEvidence, answered, row, seen, sent


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
        return {"gateway.rest_orders": [{"digest": story.gateway_key("key"), "order_id": order}]}

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

    def test_an_order_without_an_answer_may_exist(self):
        self.assert_silent(orders.UnknownOutcomes(), self.evidence())

    def test_an_answer_that_nobody_knows_is_no_refusal(self):
        evidence = self.evidence()
        evidence.history.insert(1, answered(status=503, order=None, code=story.UNKNOWN_CODE, body={}))
        del evidence.history[-1]
        self.assert_silent(orders.UnknownOutcomes(), evidence)

    def test_who_was_refused_has_no_order(self):
        evidence = self.evidence()
        evidence.history[1:] = [answered(status=503, order=None, code="unavailable", body={})]
        self.assert_finds(orders.UnknownOutcomes(), evidence, "other", "an order whose customer was refused")
        evidence = self.evidence()
        evidence.history[1:] = [
            {"at": 998.5, "kind": "rest_order", "what": "order_unknown", "key": "key", "was_sent": True},
            answered(status=503, order=None, code="unavailable", body={})]
        self.assert_silent(orders.UnknownOutcomes(), evidence)

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


    def cancelled(self, *statuses, **changes):
        history = [sent(), answered()]
        for status in statuses:
            history.append({"at": 1, "kind": "rest_cancel", "what": "cancel_sent", "order": ORDER})
            history.append({
                "at": 2, "kind": "rest_cancel", "what": "cancel_answered", "order": ORDER, "status": status,
                "body": {}})
        row_ = row(state="cancelled", failure="cancelled_by_customer", **changes)
        return orders.CancelsHold().run(FakeEvidence([row_], history))

    def test_an_answer_not_now_besides_excuses_nothing_and_an_acceptance_does(self):
        self.assertEqual(len(self.cancelled(503, 409)), 1)
        self.assertEqual(self.cancelled(202, 409), [])
        self.assertEqual(self.cancelled(202), [])

    def test_nobody_can_cancel_in_telegram(self):
        self.assertEqual(len(self.cancelled(origin="telegram")), 1)


class Replays(CheckTest):
    def found(self, *lines):
        return [finding.damage for finding in orders.ReplaysAreTold().run(FakeEvidence(history=lines))]

    def answer(self, at, replayed, seconds=0.5, **changes):
        return answered(at=at, seconds=seconds, replayed=replayed, **changes)

    def test_whoever_asks_again_after_an_answer_is_told_that_it_is_the_same_order(self):
        self.assertEqual(self.found(self.answer(1.0, False), self.answer(5.0, True)), [])
        self.assertEqual(self.found(self.answer(1.0, True), self.answer(5.0, False)), ["other"])

    def test_of_two_at_once_one_is_the_first(self):
        self.assertEqual(self.found(self.answer(1.0, True), self.answer(1.1, False, seconds=1.0)), [])
        self.assertEqual(self.found(self.answer(1.0, False), self.answer(1.1, False, seconds=1.0)), ["twice"])

    def test_an_answer_without_an_order_and_one_in_telegram_say_nothing(self):
        self.assertEqual(self.found(
            self.answer(1.0, False, order=None, status=503), self.answer(5.0, False),
            self.answer(6.0, False, gateway="telegram")), [])


class Ways(CheckTest):
    def step(self, before, state, **changes):
        return {
            "previous": before, "before": before, "state": state, "is_repeated": False, "is_stale": False,
            "is_ahead": False, "is_unknown": False, "times": 1, "example": ORDER, **changes}

    def mistakes(self, *step, **changes):
        return list(order_states.StatesFollowTheTable.mistakes(self.step(*step, **changes)))

    def test_every_state_is_reached_from_another_one(self):
        reached = set().union(*order_states.NEXT.values())
        self.assertEqual(reached, set(order_states.STATUS))

    def test_the_usual_way_is_allowed(self):
        way = [None, "placed", "funded", "delegating", "delivered", "active", "ending", "completed"]
        for before, state in zip(way, way[1:]):
            self.assertEqual(self.mistakes(before, state), [])

    def test_steps_that_the_table_does_not_have_are_found(self):
        steps = [("placed", "delivered"), ("active", "failed"), ("completed", "ending"), ("failed", "funded")]
        for before, state in steps:
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
        evidence = FakeEvidence([row()], [sent(), answered(), seen(reclaim_txids=[])])
        self.assert_silent(answers.LastWordIsTrue(), evidence)

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

    def test_a_price_that_is_not_listed_is_found(self):
        self.assert_finds(answers.PricesAreAsListed(), FakeEvidence([row(price=1)]), "other", "wrong price")


if __name__ == "__main__":
    unittest.main()
