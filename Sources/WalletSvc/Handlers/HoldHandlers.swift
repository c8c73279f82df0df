import BusKit
import Contracts
import TronKit

/// Money set aside for orders.
enum HoldHandlers {
  static func register(in service: inout Service) {
    service.handle(HoldFunds.self, needs: { needs($0.order, $0.customer) }) { command, unit in
      try apply(command, command.order, command.customer, unit) { funds, hold throws(LedgerError) in
        try HoldRules.hold(
          command.amount, customer: command.customer, funds: funds, existing: hold)
      }
    }
    service.handle(
      ReleaseHold.self,
      needs: { needs($0.order, $0.customer) + [.row(WaitingCaptureRow.self, $0.order.text)] }
    ) { command, unit in
      if try CaptureFreeze.refuses(command, unit) { return }
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

  static func needs(_ order: OrderID, _ customer: CustomerID) -> [Need] {
    [Ledger.needs(customer, .trx), .row(HoldRow.self, order.text)]
  }

  private static func apply(
    _ command: some Message, _ order: OrderID, _ customer: CustomerID, _ unit: UnitOfWork,
    rule: (CustomerFunds, Hold?) throws(LedgerError) -> HoldRules.Step
  ) throws {
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
    try HoldAnswers.publish(step.answer, to: command, order: order, customer: customer, unit)
  }
}
