import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Operators' adjustments on a real bus")
struct AdjustmentFlowTests {
  let customer = CustomerID(text: "cus_test")
  /// A thousand sun alone, every micro-USDT with somebody else.
  static let settings = WalletSettings(sources: [], adjustments: AdjustmentLimits(sunMax: 1_000, usdtMax: 0))

  func credit(_ amount: Int64, _ currency: Currency = .trx) -> AdjustmentRequest {
    AdjustmentRequest(.credit, Money(amount, currency), customer: customer)
  }

  @Test("credits, debits, refunds and transfers below the limit are booked at once, once per key")
  func booked() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let debit = AdjustmentRequest(.debit, Money(30, .trx), customer: customer)
      #expect(try await world.send(credit(100), key: "a").code == "done")
      #expect(try await world.send(debit, key: "b").code == "done")
      #expect(
        try await world.send(.init(.refund, Money(5, .trx), customer: customer), key: "c").code == "done")
      let transfer = AdjustmentRequest(transfer: Money(7, .trx), from: "custody:treasury", to: "adjustments")
      #expect(try await world.send(transfer, key: "d").code == "done")
      #expect(try await world.available(customer) == 75)

      #expect(try await world.send(debit, key: "b") == world.send(debit, key: "b"))
      #expect(try await world.send(debit, "bob", key: "b").code == "key_conflict")
      #expect(try await world.send(credit(30), key: "b").code == "key_conflict")
      let tooMuch = AdjustmentRequest(.debit, Money(76, .trx), customer: customer)
      #expect(try await world.send(tooMuch, key: "e").code == "insufficient_balance")
      #expect(try await world.send(credit(10), key: "f").code == "done")
      #expect(try await world.send(tooMuch, key: "e").code == "insufficient_balance", "the same answer as before")
      #expect(try await world.available(customer) == 85)
      #expect(try await world.count("journal") == 5)
      let ids = try await world.pool.withSession {
        try $0.execute("select id from journal order by number").rows.map { try $0.string("id") }
      }
      #expect(ids == ["credit:a", "debit:b", "refund:c", "transfer:d", "credit:f"])
      let acted = try await world.published(OperatorActed.self)
      #expect(acted.map(\.action.key) == ["a", "b", "c", "d", "e", "f"])
      #expect(acted.last?.outcome.hasPrefix("done") == true)
    }
  }

  @Test("above the limit a second operator has to agree, and the journal and the audit trail name both")
  func approved() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let request = credit(1_001)
      let asked = try await world.send(request, key: "a")
      #expect(!asked.ok && asked.code == "awaiting_approval" && asked.detail.contains("'a'"))
      #expect(try await world.send(request, key: "a") == asked)
      #expect(try await world.available(customer) == 0)
      let list = try await world.client.ask(ListAdjustments(isWaiting: true)).adjustments
      #expect(list.map(\.id) == ["a"] && list.first?.request == request && list.first?.state == .waiting)

      for name in ["ann", "ANN", " a nn "] {
        #expect(try await world.approve("a", request, name, key: "k").code == "same_operator")
      }
      #expect(try await world.approve("a", request, key: "a").code == "key_conflict")
      #expect(try await world.approve("a", credit(1_002), key: "k").code == "request_differs")
      #expect(try await world.approve("b", request, key: "k").code == "unknown_adjustment")
      #expect(try await world.available(customer) == 0)

      let done = try await world.approve("a", request, key: "k")
      #expect(done.ok && done.code == "done" && done.detail.contains("bob"))
      #expect(try await world.approve("a", request, key: "k") == done)
      #expect(try await world.send(request, key: "a") == done, "whoever asked hears what became of it")
      #expect(try await world.approve("a", request, "eve", key: "k2").code == "not_waiting")
      #expect(try await world.reject("a", key: "k3").code == "not_waiting")
      #expect(try await world.reject("a", key: "k").code == "key_conflict")
      #expect(try await world.send(credit(1), key: "k").code == "key_conflict")
      #expect(try await world.available(customer) == 1_001)
      #expect(try await world.client.ask(ListAdjustments(isWaiting: true)).adjustments.isEmpty)

      let action = try await world.pool.withSession {
        try $0.execute(
          "select action ->> 'actor' as a, action -> 'approval' ->> 'actor' as b, action -> 'approval' ->> 'key' as k"
            + " from journal"
        ).rows.map { [try $0.string("a"), try $0.string("b"), try $0.string("k")] }
      }
      #expect(action == [["ann", "bob", "k"]])
      let line = try await world.client.ask(
        GetLedgerStatement(account: "adjustments", currency: .trx, from: nil, to: nil, after: nil, limit: 10)
      ).lines.first
      #expect(line?.actor == "ann" && line?.approvedBy == "bob")
      let acted = try await world.published(OperatorActed.self)
      #expect(acted.map { [$0.action.actor, $0.command] } == [
        ["ann", AdjustLedger.messageType], ["bob", ApproveAdjustment.messageType],
      ])
    }
  }

  @Test("many small amounts of one operator are as much as a large one, however the name is written")
  func split() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      #expect(try await world.send(credit(600), key: "a").code == "done")
      #expect(try await world.send(.init(.debit, Money(400, .trx), customer: customer), "Ann", key: "b").code == "done")
      #expect(try await world.send(credit(1), "a nn", key: "c").code == "awaiting_approval")
      let old = CreditAccount(
        customer: customer, amount: Sun(1), action: OperatorAction(actor: "ann", reason: "r", key: "d"))
      #expect(try await world.client.command(old, answer: CommandResult.self)?.code == "awaiting_approval")
      #expect(try await world.approve("d", credit(1), key: "k").code == "done")
      #expect(try await world.client.command(old, answer: CommandResult.self)?.code == "done")
      #expect(try await world.send(credit(1_000), "eve", key: "e").code == "done", "another operator's sum is its own")
      #expect(try await world.send(credit(1, .usdt), "eve", key: "f").code == "awaiting_approval")
      // A day later.
      try await world.execute(
        """
        update operator_days
        set day = jsonb_set(day, '{hours,0,number}', to_jsonb((day #>> '{hours,0,number}')::bigint - 25))
        where id = 'ann/TRX'
        """)
      #expect(try await world.send(credit(1_000), key: "g").code == "done")
    }
  }

  @Test("what was agreed to is checked again: a balance that is gone, an order that was refunded meanwhile")
  func checkedAgain() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let order = OrderID.make()
      #expect(try await world.send(credit(5_000), key: "a").code == "awaiting_approval")
      #expect(try await world.approve("a", credit(5_000), key: "ka").code == "done")
      try await world.client.send(HoldFunds(order: order, customer: customer, amount: Sun(2_000)))
      try await world.client.send(CaptureHold(order: order, customer: customer, amount: Sun(2_000)))
      try await eventually { try await world.available(customer) == 3_000 }

      let debit = AdjustmentRequest(.debit, Money(2_500, .trx), customer: customer)
      #expect(try await world.send(debit, key: "b").code == "awaiting_approval")
      #expect(try await world.send(debit, key: "c").code == "awaiting_approval")
      #expect(try await world.approve("b", debit, key: "kb").code == "done")
      let refused = try await world.approve("c", debit, key: "kc")
      #expect(refused.code == "insufficient_balance")
      #expect(try await world.approve("c", debit, key: "kc") == refused)
      #expect(try await world.send(debit, key: "c") == refused, "refused for good")
      #expect(try await world.available(customer) == 500)

      let refund = AdjustmentRequest(.refund, Money(2_000, .trx), customer: customer, order: order)
      let other = AdjustmentRequest(.refund, Money(1, .trx), customer: CustomerID(text: "cus_other"), order: order)
      #expect(try await world.send(other, key: "d").code == "other_customer")
      #expect(try await world.send(refund, key: "e").code == "awaiting_approval")
      #expect(try await world.send(refund, key: "f").code == "awaiting_approval")
      #expect(try await world.approve("e", refund, key: "ke").code == "done")
      #expect(try await world.approve("f", refund, key: "kf").code == "already_refunded")
      let little = AdjustmentRequest(.refund, Money(1, .trx), customer: customer, order: order)
      #expect(try await world.send(little, key: "g").code == "already_refunded")
      #expect(try await world.available(customer) == 2_500)
    }
  }

  @Test("who rejects ends it; what nobody decided in 72 hours cannot be agreed to")
  func ended() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      for key in ["a", "b", "c"] { _ = try await world.send(credit(2_000), key: key) }
      let rejected = try await world.reject("a", "ann", key: "ra")
      #expect(rejected.ok && rejected.code == "rejected", "whoever asked may take it back")
      #expect(try await world.reject("a", "ann", key: "ra") == rejected)
      #expect(try await world.approve("a", credit(2_000), key: "ka").code == "not_waiting")
      let answer = try await world.send(credit(2_000), key: "a")
      #expect(!answer.ok && answer.code == "rejected")

      let left = try await world.pool.withSession {
        try $0.execute(
          "select extract(epoch from expires_at - created_at)::bigint as s from adjustments where id = 'b'"
        ).rows.first?.int("s")
      }
      #expect(left == Int64(72 * 3_600))
      try await world.execute("update adjustments set expires_at = now() where id = 'b'")
      #expect(try await world.approve("b", credit(2_000), key: "kb").code == "expired")
      #expect(try await world.reject("b", key: "rb").code == "expired")
      #expect(try await world.send(credit(2_000), key: "b").code == "expired")
      #expect(try await world.client.ask(ListAdjustments(isWaiting: true)).adjustments.map(\.id) == ["c"])
      let all = try await world.client.ask(ListAdjustments(isWaiting: false)).adjustments
      #expect(all.map(\.state) == [.waiting, .expired, .rejected])
      #expect(try await world.available(customer) == 0)
    }
  }

  @Test("of two who decide at the same time one does; a key that is sent twice at the same time is booked once")
  func races() async throws {
    try await AdjustmentWorld.run(Self.settings, replicas: 2) { world in
      let request = credit(2_000)
      for number in 0..<8 { _ = try await world.send(request, key: "\(number)") }
      try await withThrowingTaskGroup(of: [String].self) { group in
        for number in 0..<8 {
          group.addTask {
            async let first = world.approve("\(number)", request, "bob", key: "bob-\(number)")
            async let second = world.approve("\(number)", request, "eve", key: "eve-\(number)")
            async let third = world.reject("\(number)", "eve", key: "no-\(number)")
            return try await [first.code, second.code, third.code]
          }
        }
        for try await codes in group {
          #expect(codes.filter { $0 == "not_waiting" }.count == 2, "\(codes)")
        }
      }
      let done = try await world.count("adjustments where state = 'done'")
      #expect(try await world.count("journal") == done)
      #expect(try await world.available(customer) == 2_000 * done)

      let before = try await world.count("journal")
      try await withThrowingTaskGroup(of: CommandResult.self) { group in
        for number in 0..<24 {
          group.addTask { try await world.send(credit(10), "mia", key: "twice-\(number % 3)") }
        }
        for try await result in group { #expect(result.code == "done") }
      }
      #expect(try await world.count("journal") == before + 3)
      // Two adjustments, one key to decide both: one of them is something else.
      for key in ["x", "y"] { _ = try await world.send(request, key: key) }
      async let x = world.approve("x", request, key: "same")
      async let y = world.approve("y", request, key: "same")
      #expect(try await Set([x.code, y.code]) == ["done", "key_conflict"])
    }
  }

  @Test("what has no name, no reason, no key or no sense is refused and not kept")
  func invalid() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let noName = try await world.send(credit(1), " ", key: "a")
      #expect(noName.code == "invalid_operator")
      #expect(try await world.send(credit(1), key: "").code == "invalid_key")
      #expect(try await world.send(credit(0), key: "a").code == "invalid_amount")
      let noReason = AdjustLedger(
        request: credit(1), action: OperatorAction(actor: "ann", reason: " \n", key: "a"))
      #expect(
        try await world.client.command(noReason, answer: CommandResult.self)?.code == "invalid_reason")
      let customers = AdjustmentRequest(transfer: Money(1, .trx), from: "customer:cus_test", to: "revenue")
      #expect(try await world.send(customers, key: "a").code == "unknown_account")
      #expect(try await world.count("adjustments") == 0)
      #expect(try await world.send(credit(1), key: "a").code == "done")
    }
  }

  @Test("what is refused is bounded: so many of an operator a day are kept")
  func refusals() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let debit = AdjustmentRequest(.debit, Money(1, .trx), customer: customer)
      #expect(try await world.send(debit, key: "a").code == "insufficient_balance")
      let most = OperatorDay.requestsMax
      try await world.execute("update operator_days set day = jsonb_set(day, '{hours,0,requests}', '\(most)')")
      #expect(try await world.send(debit, key: "b").code == "too_many_requests")
      #expect(try await world.send(debit, key: "a").code == "insufficient_balance", "the same answer as before")
      #expect(try await world.count("adjustments") == 1)
      #expect(try await world.send(credit(1), key: "c").code == "done")
    }
  }

  @Test("what was never booked is forgotten after 400 days, what was booked never")
  func forgotten() async throws {
    try await LedgerDatabase.run { database in
      for (state, days) in [
        ("refused", 401), ("rejected", 401), ("waiting", 401), ("done", 401), ("refused", 399), ("waiting", 0),
      ] {
        try await database.script(
          """
          insert into adjustments (id, request, command, action, body_hash, state, code, detail, created_at, expires_at,
            updated_at)
          select '\(state) \(days)', '{}', 'c', '{}', 'h', '\(state)', 'c', 'd', at, at, at
            from (select now() - interval '\(days) days' as at) t
          """)
      }
      #expect(try await database.pool.withSession { try Retention.unbookedAdjustments.step(in: $0) } == 3)
      let kept = try await database.rows("select id from adjustments order by id") { try $0.string("id") }
      #expect(kept == ["done 401", "refused 399", "waiting 0"])
    }
  }

  @Test("a credit that the release before has booked is known, also when it waits here")
  func releaseBefore() async throws {
    try await AdjustmentWorld.run(Self.settings) { world in
      let old = { (amount: Int64, key: String) in
        CreditAccount(
          customer: customer, amount: Sun(amount), action: OperatorAction(actor: "ann", reason: "r", key: key))
      }
      _ = try await world.client.command(old(2_000, "b"), answer: CommandResult.self)
      for (key, amount) in [("a", Int64(5)), ("b", 2_000)] {
        try await world.execute(
          """
          insert into journal (id, kind, currency, debit, credit, amount, customer, body_hash, created_at) values
            ('credit:\(key)', 'credit', 'TRX', 'adjustments', 'customer:cus_test', \(amount), 'cus_test',
            '\(try Ledger.hash(old(amount, key)))', now())
          """)
      }
      let again = { (command: CreditAccount) in
        try await world.client.command(command, answer: CommandResult.self)?.code
      }
      #expect(try await again(old(5, "a")) == "done")
      #expect(try await again(old(6, "a")) == "key_conflict")
      #expect(try await world.approve("b", credit(2_000), key: "k").code == "done")
      #expect(try await again(old(2_000, "b")) == "done")
      #expect(try await world.count("journal") == 2)
    }
  }
}
