import BusKit
import Contracts

/// What asking and agreeing have in common.
extension AdjustmentHandlers {
  /// What would be booked, as things stand in this unit.
  static func step(
    _ request: AdjustmentRequest, id: String, _ unit: UnitOfWork
  ) throws -> Result<AdjustmentRules.Step, AdjustmentRules.Refusal> {
    let funds = try request.customer.map { try Ledger.funds($0, request.money.currency, unit) }
    let hold = try request.order.flatMap { try unit.find(HoldRow.self, $0.text)?.hold }
    let isRefunded = try request.order != nil && Ledger.posted(journalID(request, id: id), unit) != nil
    return Result { () throws(AdjustmentRules.Refusal) in
      try AdjustmentRules.step(request, funds: funds ?? CustomerFunds(), hold: hold, isRefunded: isRefunded)
    }
  }

  static func book(
    _ step: AdjustmentRules.Step, _ row: inout AdjustmentRow, approval: OperatorAction?, _ unit: UnitOfWork
  ) throws {
    let request = row.request
    if let customer = request.customer, let funds = step.funds {
      try Ledger.save(funds, of: customer, request.money.currency, unit)
    }
    try Ledger.write(
      step.posting, id: journalID(request, id: row.id), order: request.order, customer: request.customer,
      action: row.action, approval: approval, bodyHash: row.bodyHash, unit)
    let result = done(request, approval: approval)
    (row.state, row.code, row.detail) = (.done, result.code, result.detail)
  }

  /// The same words each time it is asked for.
  static func done(_ request: AdjustmentRequest, approval: OperatorAction? = nil) -> CommandResult {
    let agreed = approval.map { "; \($0.actor) agreed" } ?? ""
    return CommandResult(ok: true, code: "done", detail: "\(request) is booked\(agreed)")
  }

  static func result(_ refusal: AdjustmentRules.Refusal) -> CommandResult {
    CommandResult(ok: false, code: refusal.code, detail: refusal.detail)
  }

  static func conflict(_ key: String) -> CommandResult {
    CommandResult(
      ok: false, code: "key_conflict", detail: "the key '\(key)' was used for something else; give this a new key")
  }

  /// Gateway's audit log hears of each operator who had a part in it.
  static func tell(
    _ command: String, _ row: AdjustmentRow, _ action: OperatorAction, _ result: CommandResult, _ unit: UnitOfWork
  ) throws {
    try unit.audit(
      command, of: ServiceName.wallet, on: row.request.subject, action, outcome: "\(result.code): \(result.detail)")
  }
}

extension AdjustmentRow {
  mutating func refuse(_ refusal: AdjustmentRules.Refusal) {
    (state, code, detail) = (.refused, refusal.code, refusal.detail)
  }
}

extension CreditAccount {
  /// The same as an adjustment, of which it is the oldest form.
  var request: AdjustmentRequest { AdjustmentRequest(.credit, Money(amount.value, .trx), customer: customer) }
}
