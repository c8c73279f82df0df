import BusKit
import Contracts

/// The second operator's part: agreeing, or ending what waits.
enum AdjustmentDecisions {
  static func register(in service: inout Service) {
    service.handle(
      ApproveAdjustment.self,
      needs: {
        [.row(AdjustmentRow.self, $0.adjustment)] + AdjustmentHandlers.keyNeeds($0.action.key)
          + AdjustmentHandlers.bookingNeeds($0.request, id: $0.adjustment)
      }
    ) { command, unit in
      let decision = Decision(
        adjustment: command.adjustment, action: command.action, hash: try Ledger.hash(command),
        command: ApproveAdjustment.messageType)
      try unit.answer(try decision.take(unit) { try approve(&$0, command, unit) })
    }
    service.handle(
      RejectAdjustment.self,
      needs: { [.row(AdjustmentRow.self, $0.adjustment)] + AdjustmentHandlers.keyNeeds($0.action.key) }
    ) { command, unit in
      let decision = Decision(
        adjustment: command.adjustment, action: command.action, hash: try Ledger.hash(command),
        command: RejectAdjustment.messageType)
      try unit.answer(try decision.take(unit) { reject(&$0, command) })
    }
  }

  /// Changes the row, or says why not.
  private static func approve(
    _ row: inout AdjustmentRow, _ command: ApproveAdjustment, _ unit: UnitOfWork
  ) throws -> CommandResult? {
    guard row.request == command.request else {
      return CommandResult(
        ok: false, code: "request_differs", detail: "'\(row.id)' is a \(row.request), not a \(command.request)")
    }
    guard OperatorIdentity.of(row.action.actor) != OperatorIdentity.of(command.action.actor) else {
      return CommandResult(
        ok: false, code: "same_operator", detail: "\(row.action.actor) has asked for it; somebody else has to agree")
    }
    if row.request.order == nil,
      try Ledger.posted(AdjustmentHandlers.journalID(row.request, id: row.id), unit) != nil
    {
      // A replica of the release before has booked it: it knows no second operator.
      let result = AdjustmentHandlers.done(row.request)
      (row.state, row.code, row.detail) = (.done, result.code, result.detail)
      return nil
    }
    switch try AdjustmentHandlers.step(row.request, id: row.id, unit) {
    case .failure(let refusal): row.refuse(refusal)
    case .success(let step): try AdjustmentHandlers.book(step, &row, approval: command.action, unit)
    }
    return nil
  }

  private static func reject(_ row: inout AdjustmentRow, _ command: RejectAdjustment) -> CommandResult? {
    (row.state, row.code) = (.rejected, "rejected")
    row.detail = "the \(row.request) was rejected by \(command.action.actor): \(command.action.reason)"
    return nil
  }

  private struct Decision {
    let adjustment: String
    let action: OperatorAction
    let hash: String
    let command: String

    func take(
      _ unit: UnitOfWork, _ body: (inout AdjustmentRow) throws -> CommandResult?
    ) throws -> CommandResult {
      if let mistake = OperatorIdentity.mistake(in: action) { return AdjustmentHandlers.result(mistake) }
      if let earlier = try unit.all(AdjustmentRow.self, where: "decision_key", is: action.key).first {
        let isSame = earlier.id == adjustment && earlier.decisionHash == hash
        return isSame ? answer(earlier, unit) : AdjustmentHandlers.conflict(action.key)
      }
      // Also when it is the key of the adjustment itself.
      if try unit.find(AdjustmentRow.self, action.key) != nil { return AdjustmentHandlers.conflict(action.key) }
      guard var row = try unit.find(AdjustmentRow.self, adjustment) else {
        return CommandResult(
          ok: false, code: "unknown_adjustment",
          detail: "there is no adjustment '\(adjustment)': see energyctl ledger adjustments")
      }
      let standing = row.answer(at: unit.now)
      guard row.state(at: unit.now) == .waiting else {
        let isExpired = row.state(at: unit.now) == .expired
        return CommandResult(ok: false, code: isExpired ? "expired" : "not_waiting", detail: standing.detail)
      }
      if let refusal = try body(&row) { return refusal }
      (row.decision, row.decisionKey, row.decisionHash) = (action, action.key, hash)
      row.updatedAt = unit.now
      try unit.save(row)
      let result = answer(row, unit)
      try AdjustmentHandlers.tell(command, row, action, result, unit)
      return result
    }

    /// Whoever rejects has done what was asked when it is rejected.
    private func answer(_ row: AdjustmentRow, _ unit: UnitOfWork) -> CommandResult {
      let result = row.answer(at: unit.now)
      return row.state == .rejected ? CommandResult(ok: true, code: result.code, detail: result.detail) : result
    }
  }
}
