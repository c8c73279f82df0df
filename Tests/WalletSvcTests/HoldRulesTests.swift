import Contracts
import Testing
import TronKit

@testable import WalletSvc

@Suite("Holds")
struct HoldRulesTests {
  let customer = CustomerID(text: "cus_a")
  let order = OrderID(text: "ord_1")

  func model(with sun: Int64 = 100) throws -> LedgerModel {
    var model = LedgerModel()
    try model.credit(Sun(sun), to: customer)
    return model
  }

  @Test("a hold moves money from available to held, once, and answers the same when repeated")
  func hold() throws {
    var model = try model()
    let first = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    #expect(first == .held(Sun(60), seq: 1, isRepeated: false))
    #expect(
      try model.apply(.hold(Sun(60)), order: order, customer: customer) == .held(Sun(60), seq: 1, isRepeated: true))
    #expect(model.funds[customer] == CustomerFunds(available: 40, held: 60, seq: 1))
    #expect(model.differences.isEmpty)
  }

  @Test("too little money is refused, and stays refused when money comes later")
  func insufficient() throws {
    var model = try model(with: 59)
    let refusal = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    #expect(refusal == .refused(.insufficientBalance, available: Sun(59), seq: 1))
    try model.credit(Sun(100), to: customer)
    #expect(try model.apply(.hold(Sun(60)), order: order, customer: customer) == refusal)
    #expect(model.funds[customer]?.held == 0)
  }

  @Test("while no money is set aside who has enough is refused for that, and hears the same later")
  func paused() throws {
    let funds = CustomerFunds(available: 100)
    let step = try HoldRules.hold(Sun(60), customer: customer, funds: funds, existing: nil, isPaused: true)
    #expect(step.answer == .refused(.signingPaused, available: Sun(100), seq: 1))
    #expect(step.posting == nil && step.funds.available == 100 && step.hold?.state == .refused)
    let again = try HoldRules.hold(Sun(60), customer: customer, funds: step.funds, existing: step.hold)
    #expect(again.answer == step.answer && again.posting == nil)
    let poor = try HoldRules.hold(Sun(101), customer: customer, funds: funds, existing: nil, isPaused: true)
    #expect(poor.answer == .refused(.insufficientBalance, available: Sun(100), seq: 1))
    // What was held before stays so.
    let held = try HoldRules.hold(Sun(60), customer: customer, funds: funds, existing: nil)
    let repeated = try HoldRules.hold(
      Sun(60), customer: customer, funds: held.funds, existing: held.hold, isPaused: true)
    #expect(repeated.answer == .held(Sun(60), seq: 1, isRepeated: true))
  }

  @Test("a release that comes before its hold bars it, however often the hold is asked for")
  func barred() throws {
    var model = try model()
    #expect(try model.apply(.release, order: order, customer: customer) == .nothing)
    let refusal = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    #expect(refusal == .refused(.alreadyReleased, available: Sun(100), seq: 1))
    #expect(try model.apply(.hold(Sun(60)), order: order, customer: customer) == refusal)
    #expect(try model.apply(.release, order: order, customer: customer) == .nothing)
    #expect(model.funds[customer]?.available == 100)
  }

  @Test("a capture takes its part as revenue and gives the rest back, once")
  func capture() throws {
    var model = try model()
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    let answer = try model.apply(.capture(Sun(50)), order: order, customer: customer)
    #expect(answer == .settled(captured: Sun(50), released: Sun(10), seq: 2, isRepeated: false))
    #expect(try model.apply(.capture(Sun(50)), order: order, customer: customer)
        == .settled(captured: Sun(50), released: Sun(10), seq: 2, isRepeated: true))
    #expect(model.funds[customer] == CustomerFunds(available: 50, held: 0, seq: 2))
    #expect(model.entries[.revenue] == 50)
    #expect(
      try model.apply(.hold(Sun(60)), order: order, customer: customer) == .held(Sun(60), seq: 1, isRepeated: true))
    #expect(model.differences.isEmpty)
  }

  @Test("a capture of nothing gives all of it back")
  func captureNothing() throws {
    var model = try model()
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    #expect(
      try model.apply(.capture(.zero), order: order, customer: customer)
        == .settled(captured: .zero, released: Sun(60), seq: 2, isRepeated: false))
    #expect(model.entries[.revenue] == nil)
  }

  @Test("a release gives all of it back, once")
  func release() throws {
    var model = try model()
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    let answer = try model.apply(.release, order: order, customer: customer)
    #expect(answer == .settled(captured: .zero, released: Sun(60), seq: 2, isRepeated: false))
    #expect(try model.apply(.release, order: order, customer: customer)
        == .settled(captured: .zero, released: Sun(60), seq: 2, isRepeated: true))
    #expect(model.funds[customer] == CustomerFunds(available: 100, held: 0, seq: 2))
  }

  @Test("what contradicts an earlier step is told so, each case by its own name, and moves nothing")
  func contradictions() throws {
    var model = try model()
    func reason(_ command: LedgerModel.Command, by customer: CustomerID? = nil) throws -> HoldContradiction? {
      let answer = try model.apply(command, order: order, customer: customer ?? self.customer)
      guard case .contradicted(let reason, _, _) = answer else { return nil }
      return reason
    }
    #expect(try reason(.capture(Sun(1))) == .notHeld)
    #expect(try reason(.hold(.zero)) == .amountOutOfRange)
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    #expect(try reason(.hold(Sun(61))) == .existsWithOtherAmount)
    #expect(try reason(.capture(Sun(61))) == .amountOutOfRange)
    #expect(try reason(.capture(Sun(-1))) == .amountOutOfRange)
    #expect(try reason(.release, by: CustomerID(text: "cus_b")) == .otherCustomer)
    _ = try model.apply(.capture(Sun(50)), order: order, customer: customer)
    #expect(try reason(.capture(Sun(51))) == .alreadyCaptured)
    #expect(try reason(.release) == .alreadyCaptured)
    #expect(model.differences.isEmpty)
    #expect(model.entries[.revenue] == 50)
  }

  @Test("a released hold cannot be captured")
  func capturedAfterRelease() throws {
    var model = try model()
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    _ = try model.apply(.release, order: order, customer: customer)
    let answer = try model.apply(.capture(Sun(1)), order: order, customer: customer)
    guard case .contradicted(.alreadyReleased, _, _) = answer else { Issue.record("\(answer)"); return }
    #expect(model.entries[.revenue] == nil)
  }

  @Test("a refused hold cannot be captured, and releasing it is nothing")
  func refusedHold() throws {
    var model = try model(with: 5)
    _ = try model.apply(.hold(Sun(60)), order: order, customer: customer)
    let answer = try model.apply(.capture(Sun(1)), order: order, customer: customer)
    guard case .contradicted(.notHeld, _, _) = answer else { Issue.record("\(answer)"); return }
    #expect(try model.apply(.release, order: order, customer: customer) == .nothing)
  }
}
