import Contracts
import TronKit

/// What setting aside, taking and giving back do. Each command may come twice, late, or before the one it follows.
enum HoldRules {
  enum Answer: Sendable, Equatable {
    case held(Sun, seq: Int64)
    case refused(OrderFailure, available: Sun, seq: Int64)
    case settled(captured: Sun, released: Sun, seq: Int64)
    /// A release of what was never held: noted, and nobody needs to know.
    case nothing
  }

  struct Step: Sendable, Equatable {
    var funds: CustomerFunds
    var hold: Hold
    /// nil: no money moves.
    var posting: Posting?
    let answer: Answer
  }

  static func hold(
    _ amount: Sun, order: OrderID, customer: CustomerID, funds: CustomerFunds, existing: Hold?
  ) throws(LedgerError) -> Step {
    guard amount > .zero else {
      throw .invalidAmount("HoldFunds for order \(order) is of \(amount); it must be positive")
    }
    if var hold = existing {
      try check(hold, customer, order)
      if hold.answerSeq > 0 {
        guard hold.amount == amount else {
          throw .conflict("HoldFunds for order \(order) is of \(amount); before, it was of \(hold.amount)")
        }
        return Step(funds: funds, hold: hold, answer: try repeated(hold, order))
      }
      guard hold.state == .barred else {
        throw .conflict("the hold of order \(order) is \(hold.state.rawValue) and was never asked for")
      }
      var funds = funds
      funds.seq += 1
      hold.amount = amount
      hold.answerSeq = funds.seq
      hold.answerAvailable = funds.available
      return Step(funds: funds, hold: hold, answer: try repeated(hold, order))
    }
    var funds = funds
    funds.seq += 1
    var hold = Hold(customer: customer, amount: amount, state: .refused)
    hold.answerSeq = funds.seq
    hold.answerAvailable = funds.available
    guard funds.available >= amount else { return Step(funds: funds, hold: hold, answer: try repeated(hold, order)) }
    hold.state = .held
    let posting = try Posting(.hold, [(.available(customer), Sun(-amount.value)), (.held(customer), amount)])
    try funds.follow(posting, customer: customer)
    return Step(funds: funds, hold: hold, posting: posting, answer: try repeated(hold, order))
  }

  static func release(
    order: OrderID, customer: CustomerID, funds: CustomerFunds, existing: Hold?
  ) throws(LedgerError) -> Step {
    guard var hold = existing else {
      return Step(funds: funds, hold: Hold(customer: customer, amount: .zero, state: .barred), answer: .nothing)
    }
    try check(hold, customer, order)
    switch hold.state {
    case .barred, .refused: return Step(funds: funds, hold: hold, answer: .nothing)
    case .released: return Step(funds: funds, hold: hold, answer: settled(hold))
    case .captured: throw .conflict("ReleaseHold for order \(order): its hold was captured")
    case .held:
      var funds = funds
      funds.seq += 1
      hold.state = .released
      hold.settledSeq = funds.seq
      let posting = try Posting(
        .release, [(.held(customer), Sun(-hold.amount.value)), (.available(customer), hold.amount)])
      try funds.follow(posting, customer: customer)
      return Step(funds: funds, hold: hold, posting: posting, answer: settled(hold))
    }
  }

  /// Takes `amount` and gives the rest back.
  static func capture(
    _ amount: Sun, order: OrderID, customer: CustomerID, funds: CustomerFunds, existing: Hold?
  ) throws(LedgerError) -> Step {
    guard var hold = existing else { throw .conflict("CaptureHold for order \(order): it has no hold") }
    try check(hold, customer, order)
    switch hold.state {
    case .barred, .refused, .released:
      throw .conflict("CaptureHold for order \(order): its hold is \(hold.state.rawValue)")
    case .captured:
      guard hold.captured == amount else {
        throw .conflict("CaptureHold for order \(order) is of \(amount); before, it was of \(hold.captured)")
      }
      return Step(funds: funds, hold: hold, answer: settled(hold))
    case .held:
      guard amount >= .zero, amount <= hold.amount else {
        throw .invalidAmount("CaptureHold for order \(order) is of \(amount); \(hold.amount) is held")
      }
      var funds = funds
      funds.seq += 1
      hold.state = .captured
      hold.captured = amount
      hold.settledSeq = funds.seq
      // Cannot overflow: 0 ≤ amount ≤ held.
      let rest = Sun(hold.amount.value - amount.value)
      let posting = try Posting(
        .capture, [(.held(customer), Sun(-hold.amount.value)), (.revenue, amount), (.available(customer), rest)])
      try funds.follow(posting, customer: customer)
      return Step(funds: funds, hold: hold, posting: posting, answer: settled(hold))
    }
  }

  private static func check(_ hold: Hold, _ customer: CustomerID, _ order: OrderID) throws(LedgerError) {
    guard hold.customer == customer else {
      throw .conflict("the hold of order \(order) belongs to \(hold.customer), the command names \(customer)")
    }
  }

  /// The answer to HoldFunds, the same whenever it is asked for.
  private static func repeated(_ hold: Hold, _ order: OrderID) throws(LedgerError) -> Answer {
    switch hold.state {
    case .held, .captured, .released: .held(hold.amount, seq: hold.answerSeq)
    case .refused: .refused(.insufficientBalance, available: hold.answerAvailable, seq: hold.answerSeq)
    case .barred: .refused(.alreadyReleased, available: hold.answerAvailable, seq: hold.answerSeq)
    }
  }

  private static func settled(_ hold: Hold) -> Answer {
    .settled(
      captured: hold.captured, released: Sun(hold.amount.value - hold.captured.value), seq: hold.settledSeq)
  }
}
