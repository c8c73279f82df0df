import Contracts
import Foundation
import Testing
import TronKit

@testable import WalletSvc

@Suite("What operators may book by hand")
struct AdjustmentRulesTests {
  static let customer = CustomerID(text: "cus_a")
  static let order = OrderID(text: "ord_0123456789abcdef0123456789abcdef")

  static func captured(_ amount: Int64, of customer: CustomerID = customer) -> Hold {
    Hold(customer: customer, amount: Sun(100), state: .captured, captured: Sun(amount))
  }

  @Test("posts against the right account", arguments: [
    (AdjustmentRequest.Kind.credit, Posting.Kind.credit, "adjustments", "customer:cus_a", Int64(107)),
    (.debit, .debit, "customer:cus_a", "adjustments", 93), (.refund, .refund, "refunds", "customer:cus_a", 107),
  ])
  func accounts(kind: AdjustmentRequest.Kind, posted: Posting.Kind, from: String, to: String, rest: Int64) throws {
    for currency in Currency.allCases {
      let step = try AdjustmentRules.step(
        AdjustmentRequest(kind, Money(7, currency), customer: Self.customer), funds: CustomerFunds(available: 100),
        hold: nil, isRefunded: false)
      #expect(step.posting.kind == posted && step.posting.currency == currency)
      #expect(step.posting.lines.map { [$0.debit.name, $0.credit.name, "\($0.amount)"] } == [[from, to, "7"]])
      #expect(step.funds == CustomerFunds(available: rest, seq: 1))
    }
  }

  @Test("a debit takes what can be spent and no more, whatever is held")
  func debit() throws {
    let funds = CustomerFunds(available: 10, held: 50)
    let all = AdjustmentRequest(.debit, Money(10, .trx), customer: Self.customer)
    let step = try AdjustmentRules.step(all, funds: funds, hold: nil, isRefunded: false)
    #expect(step.funds == CustomerFunds(available: 0, held: 50, seq: 1))
    #expect(refusal(.init(.debit, Money(11, .trx), customer: Self.customer), funds: funds) == "insufficient_balance")
  }

  @Test("an order is refunded once, to its customer, in its currency, and at most what was captured")
  func refund() throws {
    func refund(_ amount: Int64, _ currency: Currency = .trx) -> AdjustmentRequest {
      AdjustmentRequest(.refund, Money(amount, currency), customer: Self.customer, order: Self.order)
    }
    let step = try AdjustmentRules.step(
      refund(60), funds: CustomerFunds(), hold: Self.captured(60), isRefunded: false)
    #expect(step.funds?.available == 60)
    #expect(refusal(refund(61), hold: Self.captured(60)) == "exceeds_captured")
    #expect(refusal(refund(1), hold: Self.captured(60), isRefunded: true) == "already_refunded")
    #expect(refusal(refund(1, .usdt), hold: Self.captured(60)) == "other_currency")
    #expect(refusal(refund(1), hold: Self.captured(60, of: CustomerID(text: "cus_b"))) == "other_customer")
    #expect(refusal(refund(1), hold: nil) == "not_captured")
    for state in Hold.State.allCases where state != .captured {
      let hold = Hold(customer: Self.customer, amount: Sun(100), state: state)
      #expect(refusal(refund(1), hold: hold) == "not_captured", "\(state)")
    }
  }

  @Test("a transfer is between two accounts of ours")
  func transfer() throws {
    let step = try AdjustmentRules.step(
      AdjustmentRequest(transfer: Money(5, .usdt), from: "custody:treasury", to: "adjustments"),
      funds: CustomerFunds(), hold: nil, isRefunded: false)
    #expect(step.funds == nil && step.posting.kind == .transfer && step.posting.lines.count == 1)
    for (from, to, code) in [
      ("customer:cus_a", "adjustments", "unknown_account"), ("adjustments", "held:cus_a", "unknown_account"),
      ("deposits_in_flight", "revenue", "unknown_account"), ("custody", "revenue", "unknown_account"),
      ("", "revenue", "unknown_account"), ("revenue", "revenue", "invalid_request"),
    ] {
      #expect(refusal(AdjustmentRequest(transfer: Money(5, .trx), from: from, to: to)) == code, "\(from) \(to)")
    }
  }

  @Test("amounts that are not positive, or beyond what a balance can hold, are refused", arguments: [
    Int64.min, -1, 0, Int64.max,
  ])
  func amounts(amount: Int64) {
    let request = AdjustmentRequest(.credit, Money(amount, .trx), customer: Self.customer)
    #expect(refusal(request, funds: CustomerFunds(available: 0, held: 1)) == "invalid_amount")
  }

  @Test("a second operator is needed beyond the limit, for one amount or for many", arguments: [
    (Int64(1_000), Int64(0), false), (1_001, 0, true), (1, 1_000, true), (1, 999, false), (.max, .max, true),
  ])
  func limit(amount: Int64, alone: Int64, isNeeded: Bool) {
    let limits = AdjustmentLimits(sunMax: 1_000, usdtMax: 0)
    #expect(limits.needsSecond(Money(amount, .trx), alone: alone) == isNeeded)
    #expect(limits.needsSecond(Money(amount, .usdt), alone: 0), "zero: always")
    #expect(!AdjustmentLimits.unlimited.needsSecond(Money(amount, .trx), alone: alone))
  }

  @Test("what an operator booked alone counts for 24 hours")
  func day() {
    var day = OperatorDay()
    let start = Date(timeIntervalSince1970: 3_600 * 500_000 + 60)
    for hour in 0..<100 { day.book(10, at: start.addingTimeInterval(Double(hour) * 3_600)) }
    let last = start.addingTimeInterval(99 * 3_600)
    #expect(day.amount(at: last) == 250)
    #expect(day.amount(at: last.addingTimeInterval(3_600)) == 240)
    #expect(day.amount(at: last.addingTimeInterval(24 * 3_600)) == 10)
    #expect(day.amount(at: last.addingTimeInterval(25 * 3_600)) == 0)
    #expect(day.hours.count == 25)
    day.book(.max, at: last)
    day.book(.max, at: last)
    #expect(day.amount(at: last) == .max)
  }

  @Test("names that look the same are one operator", arguments: [
    ("ann", "Ann"), ("ann", " a n n\t"), ("ann", "a\u{200B}nn"), ("ann", "ａｎｎ"), ("é", "e\u{301}"),
    ("ann", "a\u{3164}nn"), ("ann", "a\u{115F}nn"), ("ann", "a\u{34F}nn\u{FE0F}"), ("ann", "an\u{E0101}n\u{2800}"),
    ("é", "e\u{200D}\u{301}"), ("é", "E\u{34F}\u{301}"),
  ])
  func sameOperator(a: String, b: String) {
    #expect(OperatorIdentity.of(a) != nil && OperatorIdentity.of(a) == OperatorIdentity.of(b))
  }

  @Test("what is no name is refused", arguments: ["", "  ", "\u{200B}", "\u{3164}", String(repeating: "a", count: 101)])
  func noName(text: String) { #expect(OperatorIdentity.of(text) == nil) }

  private func refusal(
    _ request: AdjustmentRequest, funds: CustomerFunds = CustomerFunds(), hold: Hold? = nil, isRefunded: Bool = false
  ) -> String? {
    do throws(AdjustmentRules.Refusal) {
      _ = try AdjustmentRules.step(request, funds: funds, hold: hold, isRefunded: isRefunded)
      return nil
    } catch {
      return error.code
    }
  }
}
