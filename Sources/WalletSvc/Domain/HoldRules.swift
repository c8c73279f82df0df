import Contracts
import TronKit

/// What setting aside, taking and giving back do. Each command may come twice, late, or before the one it follows; each
/// has an answer of its own, and nothing that a command says is ever thrown.
enum HoldRules {
  enum Answer: Sendable, Equatable {
    /// `isRepeated`: it was held before, by the same command.
    case held(Sun, seq: Int64, isRepeated: Bool)
    case refused(OrderFailure, available: Sun, seq: Int64)
    /// `isRepeated`: it was settled so before.
    case settled(captured: Sun, released: Sun, seq: Int64, isRepeated: Bool)
    /// A release of what was never held: noted, and nobody needs to know.
    case nothing
    /// The command contradicts what was done before: nothing moves.
    case contradicted(HoldContradiction, detail: String, seq: Int64)
  }

  struct Step: Sendable, Equatable {
    var funds: CustomerFunds
    /// nil: there is none and none is made.
    var hold: Hold?
    /// nil: no money moves.
    var posting: Posting?
    let answer: Answer
  }

  /// - Parameter isPaused: nothing is set aside for orders that come now. Who has enough is refused as well.
  static func hold(
    _ amount: Sun, customer: CustomerID, funds: CustomerFunds, existing: Hold?, isPaused: Bool = false
  ) throws(LedgerError) -> Step {
    guard amount > .zero else {
      return contradiction(.amountOutOfRange, "\(amount) cannot be held; it must be positive", funds, existing)
    }
    if var hold = existing {
      if let step = otherCustomer(hold, customer, funds) { return step }
      if hold.answerSeq > 0 {
        guard hold.amount == amount else {
          return contradiction(
            .existsWithOtherAmount, "\(hold.amount) was asked for before, not \(amount)", funds, hold)
        }
        return Step(funds: funds, hold: hold, answer: answer(to: hold, isRepeated: true))
      }
      // Released before it was asked for.
      var funds = funds
      funds.seq += 1
      hold.amount = amount
      hold.answerSeq = funds.seq
      hold.answerAvailable = Sun(funds.available)
      return Step(funds: funds, hold: hold, answer: answer(to: hold, isRepeated: false))
    }
    var funds = funds
    funds.seq += 1
    var hold = Hold(customer: customer, amount: amount, state: .refused)
    hold.answerSeq = funds.seq
    hold.answerAvailable = Sun(funds.available)
    guard funds.available >= amount.value, !isPaused else {
      return Step(funds: funds, hold: hold, answer: answer(to: hold, isRepeated: false))
    }
    hold.state = .held
    let posting = try Posting(.hold, .trx, [(.available(customer), .held(customer), amount.value)])
    try funds.follow(posting, customer: customer)
    return Step(funds: funds, hold: hold, posting: posting, answer: answer(to: hold, isRepeated: false))
  }

  static func release(
    customer: CustomerID, funds: CustomerFunds, existing: Hold?
  ) throws(LedgerError) -> Step {
    guard var hold = existing else {
      return Step(funds: funds, hold: Hold(customer: customer, amount: .zero, state: .barred), answer: .nothing)
    }
    if let step = otherCustomer(hold, customer, funds) { return step }
    switch hold.state {
    case .barred, .refused: return Step(funds: funds, hold: hold, answer: .nothing)
    case .released: return Step(funds: funds, hold: hold, answer: settled(hold, isRepeated: true))
    case .captured: return contradiction(.alreadyCaptured, "\(hold.captured) of it was captured", funds, hold)
    case .held:
      var funds = funds
      funds.seq += 1
      hold.state = .released
      hold.settledSeq = funds.seq
      let posting = try Posting(.release, .trx, [(.held(customer), .available(customer), hold.amount.value)])
      try funds.follow(posting, customer: customer)
      return Step(funds: funds, hold: hold, posting: posting, answer: settled(hold, isRepeated: false))
    }
  }

  /// Takes `amount` and gives the rest back.
  static func capture(
    _ amount: Sun, customer: CustomerID, funds: CustomerFunds, existing: Hold?
  ) throws(LedgerError) -> Step {
    guard var hold = existing else {
      return contradiction(.notHeld, "nothing was ever asked to be held", funds, nil)
    }
    if let step = otherCustomer(hold, customer, funds) { return step }
    switch hold.state {
    case .refused: return contradiction(.notHeld, "its hold was refused", funds, hold)
    case .barred, .released: return contradiction(.alreadyReleased, "\(hold.amount) was released", funds, hold)
    case .captured:
      guard hold.captured == amount else {
        return contradiction(.alreadyCaptured, "\(hold.captured) was captured, not \(amount)", funds, hold)
      }
      return Step(funds: funds, hold: hold, answer: settled(hold, isRepeated: true))
    case .held:
      guard amount >= .zero, amount <= hold.amount else {
        return contradiction(.amountOutOfRange, "\(amount) cannot be captured of \(hold.amount)", funds, hold)
      }
      var funds = funds
      funds.seq += 1
      hold.state = .captured
      hold.captured = amount
      hold.settledSeq = funds.seq
      // Cannot overflow: 0 ≤ amount ≤ held.
      let rest = hold.amount.value - amount.value
      let posting = try Posting(
        .capture, .trx, [(.held(customer), .revenue, amount.value), (.held(customer), .available(customer), rest)])
      try funds.follow(posting, customer: customer)
      return Step(funds: funds, hold: hold, posting: posting, answer: settled(hold, isRepeated: false))
    }
  }

  private static func otherCustomer(_ hold: Hold, _ customer: CustomerID, _ funds: CustomerFunds) -> Step? {
    guard hold.customer != customer else { return nil }
    return contradiction(.otherCustomer, "it belongs to \(hold.customer), the command names \(customer)", funds, hold)
  }

  private static func contradiction(
    _ reason: HoldContradiction, _ detail: String, _ funds: CustomerFunds, _ hold: Hold?
  ) -> Step {
    var funds = funds
    funds.seq += 1
    return Step(funds: funds, hold: hold, answer: .contradicted(reason, detail: detail, seq: funds.seq))
  }

  /// The answer to HoldFunds, the same whenever it is asked for.
  private static func answer(to hold: Hold, isRepeated: Bool) -> Answer {
    switch hold.state {
    case .held, .captured, .released: .held(hold.amount, seq: hold.answerSeq, isRepeated: isRepeated)
    case .refused:
      // Who had enough was refused for the time.
      .refused(
        hold.answerAvailable < hold.amount ? .insufficientBalance : .signingPaused, available: hold.answerAvailable,
        seq: hold.answerSeq)
    case .barred: .refused(.alreadyReleased, available: hold.answerAvailable, seq: hold.answerSeq)
    }
  }

  private static func settled(_ hold: Hold, isRepeated: Bool) -> Answer {
    .settled(
      captured: hold.captured, released: Sun(hold.amount.value - hold.captured.value), seq: hold.settledSeq,
      isRepeated: isRepeated)
  }
}
