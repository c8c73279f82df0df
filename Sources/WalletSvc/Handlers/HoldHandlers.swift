import BusKit
import Contracts
import TronKit

/// Money set aside for orders.
enum HoldHandlers {
  static func register(in service: inout Service) {
    service.handle(
      HoldFunds.self, needs: { needs($0.order, $0.customer) + CaptureFreeze.holdNeeds }
    ) { command, unit in
      let isPaused = try CaptureFreeze.pausesHold(unit)
      try apply(command, command.order, command.customer, unit) { funds, hold throws(LedgerError) in
        try HoldRules.hold(
          command.amount, customer: command.customer, funds: funds, existing: hold, isPaused: isPaused)
      }
    }
    service.handle(
      ReleaseHold.self,
      needs: { needs($0.order, $0.customer) + CaptureFreeze.needs($0.order) }
    ) { command, unit in
      if try CaptureFreeze.refuses(command, unit) { return }
      try CaptureFreeze.yields(to: command, unit)
      try apply(command, command.order, command.customer, unit) { funds, hold throws(LedgerError) in
        try HoldRules.release(customer: command.customer, funds: funds, existing: hold)
      }
    }
    service.handle(
      CaptureHold.self, needs: { needs($0.order, $0.customer) + CaptureFreeze.needs($0.order, $0.customer) }
    ) { command, unit in
      if try !CaptureFreeze.keeps(command, unit) { try capture(command, unit) }
    }
  }

  static func capture(_ command: CaptureHold, _ unit: UnitOfWork) throws {
    try apply(command, command.order, command.customer, unit) { funds, hold throws(LedgerError) in
      try HoldRules.capture(
        command.amount, customer: command.customer, funds: funds, existing: hold)
    }
  }

  /// Sets aside what a capture that waited takes, where nobody has asked for that, or it was refused while the
  /// customer's deposits waited, too: all that was asked for, or what is taken where there is not so much. Nobody is
  /// told: whoever asks for the hold later hears that there is one, or that it is of another amount, and takes no more.
  /// - Throws: `InvariantViolation` when the customer still has too little for what is taken.
  static func holdAnew(for capture: CaptureHold, _ unit: UnitOfWork) throws {
    let known = try unit.find(HoldRow.self, capture.order.text)?.hold
    if let known {
      guard known.state == .refused, known.customer == capture.customer, capture.amount <= known.amount
      else { return }
    }
    guard capture.amount > .zero else { return }
    let asked = known?.amount ?? capture.amount
    let isCovered = try asked.value <= Ledger.funds(capture.customer, .trx, unit).available
    let hold = HoldFunds(
      order: capture.order, customer: capture.customer, amount: isCovered ? asked : capture.amount)
    _ = try move(hold, hold.order, hold.customer, unit) { funds, _ throws(LedgerError) in
      let step = try HoldRules.hold(hold.amount, customer: hold.customer, funds: funds, existing: nil)
      guard step.posting != nil else {
        throw .overdrawn(account: LedgerAccount.available(hold.customer).name)
      }
      return step
    }
  }

  static func needs(_ order: OrderID, _ customer: CustomerID) -> [Need] {
    [Ledger.needs(customer, .trx), .row(HoldRow.self, order.text)]
  }

  private static func apply(
    _ command: some Message, _ order: OrderID, _ customer: CustomerID, _ unit: UnitOfWork,
    rule: (CustomerFunds, Hold?) throws(LedgerError) -> HoldRules.Step
  ) throws {
    let answer = try move(command, order, customer, unit, rule: rule)
    try HoldAnswers.publish(answer, to: command, order: order, customer: customer, unit)
  }

  /// Writes what a rule says; returns what there is to be told.
  private static func move(
    _ command: some Message, _ order: OrderID, _ customer: CustomerID, _ unit: UnitOfWork,
    rule: (CustomerFunds, Hold?) throws(LedgerError) -> HoldRules.Step
  ) throws -> HoldRules.Answer {
    let funds = try Ledger.funds(customer, .trx, unit)
    let row = try unit.find(HoldRow.self, order.text)
    let step = try Ledger.checked { () throws(LedgerError) in try rule(funds, row?.hold) }
    if step.funds != funds { try Ledger.save(step.funds, of: customer, .trx, unit) }
    if let hold = step.hold, hold != row?.hold {
      try unit.save(HoldRow(order: order, hold, createdAt: row?.createdAt ?? unit.now, updatedAt: unit.now))
    }
    if let posting = step.posting {
      try Ledger.write(
        posting, id: "\(posting.kind.rawValue):\(order)", order: order, customer: customer,
        bodyHash: try Ledger.hash(command), unit)
    }
    return step.answer
  }
}
