import Contracts
import TronKit

@testable import WalletSvc

/// The ledger in memory, driven by the rules alone: what the service keeps in Postgres.
struct LedgerModel {
  var funds: [CustomerID: CustomerFunds] = [:]
  var holds: [OrderID: Hold] = [:]
  var entries: [LedgerAccount: Int64] = [:]
  var postings: Set<String> = []

  enum Command {
    case hold(Sun), release, capture(Sun)
  }

  /// What is wrong; empty when nothing is.
  var differences: [String] {
    var found: [String] = []
    if entries.values.reduce(0, +) != 0 { found.append("the sum over all accounts is \(entries.values.reduce(0, +))") }
    for (customer, funds) in funds {
      if funds.available < 0 || funds.held < 0 { found.append("\(customer) is below zero") }
      if entries[.available(customer), default: 0] != funds.available { found.append("available of \(customer)") }
      if entries[.held(customer), default: 0] != funds.held { found.append("held of \(customer)") }
      let open = holds.values.filter { $0.customer == customer && $0.state == .held }.reduce(0) { $0 + $1.amount.value }
      if open != funds.held { found.append("open holds of \(customer)") }
    }
    return found
  }

  mutating func credit(_ amount: Sun, to customer: CustomerID) throws {
    let posting = try Posting(.credit, .trx, [(.adjustments, .available(customer), amount.value)])
    try funds[customer, default: CustomerFunds()].follow(posting, customer: customer)
    record(posting)
  }

  mutating func apply(_ command: Command, order: OrderID, customer: CustomerID) throws -> HoldRules.Answer {
    let current = funds[customer, default: CustomerFunds()]
    let step: HoldRules.Step =
      switch command {
      case .hold(let amount):
        try HoldRules.hold(amount, customer: customer, funds: current, existing: holds[order])
      case .release: try HoldRules.release(customer: customer, funds: current, existing: holds[order])
      case .capture(let amount):
        try HoldRules.capture(amount, customer: customer, funds: current, existing: holds[order])
      }
    funds[customer] = step.funds
    holds[order] = step.hold
    if let posting = step.posting {
      guard postings.insert("\(posting.kind.rawValue):\(order)").inserted else {
        throw LedgerError.invalidAmount("\(posting.kind.rawValue) of \(order) is posted twice")
      }
      record(posting)
    }
    return step.answer
  }

  mutating func record(_ posting: Posting) {
    for line in posting.lines {
      entries[line.debit, default: 0] -= line.amount
      entries[line.credit, default: 0] += line.amount
    }
  }
}

extension HoldRules.Answer {
  /// The same but for whether it was said before.
  func isSameAnswer(as other: HoldRules.Answer) -> Bool {
    switch (self, other) {
    case (.held(let amount, let seq, _), .held(let otherAmount, let otherSeq, _)):
      amount == otherAmount && seq == otherSeq
    default: self == other
    }
  }
}
