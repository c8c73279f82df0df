import BusKit
import Contracts
import TronKit

/// What operators book by hand. Above a limit it waits until a second one agrees.
struct AdjustmentHandlers: Sendable {
  let limits: AdjustmentLimits

  func register(in service: inout Service) {
    let desk = self
    service.handle(CreditAccount.self, needs: { Self.needs($0.request, $0.action) }) { command, unit in
      let ask = Ask(
        request: command.request, action: command.action, hash: try Ledger.hash(command),
        command: CreditAccount.messageType)
      try unit.answer(try desk.take(ask, unit))
    }
    service.handle(AdjustLedger.self, needs: { Self.needs($0.request, $0.action) }) { command, unit in
      let ask = Ask(
        request: command.request, action: command.action, hash: try Ledger.hash(command),
        command: AdjustLedger.messageType)
      try unit.answer(try desk.take(ask, unit))
    }
    AdjustmentDecisions.register(in: &service)
    service.keeps(.unbookedAdjustments, .operatorDays)
  }

  /// One key is one action, whoever uses it for what.
  static func keyNeeds(_ key: String) -> [Need] {
    [.row(AdjustmentRow.self, key), .rows(AdjustmentRow.self, where: "decision_key", is: key)]
  }

  /// What is needed to book it.
  static func bookingNeeds(_ request: AdjustmentRequest, id: String) -> [Need] {
    var needs = [Ledger.needs(journalID(request, id: id))]
    if let customer = request.customer { needs.append(Ledger.needs(customer, request.money.currency)) }
    if let order = request.order { needs.append(.row(HoldRow.self, order.text)) }
    return needs
  }

  private static func needs(_ request: AdjustmentRequest, _ action: OperatorAction) -> [Need] {
    keyNeeds(action.key) + bookingNeeds(request, id: action.key)
      + [.row(OperatorDayRow.self, OperatorDayRow.key(action, request.money.currency))]
  }

  /// An order's refund has the order's id, so that the journal itself takes no second one.
  static func journalID(_ request: AdjustmentRequest, id: String) -> String {
    if request.kind == .refund, let order = request.order { return "order-refund:\(order)" }
    return "\(request.kind.rawValue):\(id)"
  }

  private struct Ask {
    let request: AdjustmentRequest
    let action: OperatorAction
    let hash: String
    let command: String
  }

  private func take(_ ask: Ask, _ unit: UnitOfWork) throws -> CommandResult {
    if let mistake = OperatorIdentity.mistake(in: ask.action) { return Self.result(mistake) }
    let key = ask.action.key
    if let earlier = try unit.find(AdjustmentRow.self, key) {
      return earlier.bodyHash == ask.hash ? earlier.answer(at: unit.now) : Self.conflict(key)
    }
    if try !unit.all(AdjustmentRow.self, where: "decision_key", is: key).isEmpty { return Self.conflict(key) }
    if ask.request.order == nil,
      let earlier = try Ledger.posted(Self.journalID(ask.request, id: key), unit)
    {
      // Booked by a release that kept no row of it.
      return earlier.bodyHash == ask.hash ? Self.done(ask.request) : Self.conflict(key)
    }
    do {
      try AdjustmentRules.check(ask.request)
    } catch {
      return Self.result(error)
    }
    return try decide(ask, unit)
  }

  private func decide(_ ask: Ask, _ unit: UnitOfWork) throws -> CommandResult {
    let dayKey = OperatorDayRow.key(ask.action, ask.request.money.currency)
    var day = try unit.find(OperatorDayRow.self, dayKey)?.day ?? OperatorDay()
    var row = AdjustmentRow(
      id: ask.action.key, request: ask.request, command: ask.command, action: ask.action, bodyHash: ask.hash,
      state: .waiting, code: "awaiting_approval", detail: "", createdAt: unit.now,
      expiresAt: unit.now.addingTimeInterval(AdjustmentRow.waitMax), updatedAt: unit.now)
    let step = try Self.step(ask.request, id: row.id, unit)
    if case .success(let step) = step, !limits.needsSecond(ask.request.money, alone: day.amount(at: unit.now)) {
      try Self.book(step, &row, approval: nil, unit)
      day.book(ask.request.money.amount, at: unit.now)
    } else {
      guard day.requests(at: unit.now) < OperatorDay.requestsMax else {
        return CommandResult(
          ok: false, code: "too_many_requests",
          detail: "\(ask.action.actor) has asked for \(OperatorDay.requestsMax) adjustments in 24 hours")
      }
      day.ask(at: unit.now)
      if case .failure(let refusal) = step { row.refuse(refusal) }
    }
    try unit.save(OperatorDayRow(id: dayKey, day: day, updatedAt: unit.now))
    try unit.save(row)
    let result = row.answer(at: unit.now)
    try Self.tell(ask.command, row, ask.action, result, unit)
    return result
  }
}
