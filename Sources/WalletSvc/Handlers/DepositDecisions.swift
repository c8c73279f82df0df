import BusKit
import Contracts
import TronKit

/// What operators decide about deposits that nobody was credited with. Each deposit is decided once; above the limit of
/// adjustments two operators have to name the same customer.
struct DepositDecisions: Sendable {
  let limits: AdjustmentLimits

  func register(in service: inout Service) {
    service.handle(
      CreditHeldDeposit.self,
      needs: { command in
        Self.needs(command.deposit, command.action) + Currency.allCases.map { Ledger.needs(command.customer, $0) }
      }, apply: credit)
    service.handle(RefuseHeldDeposit.self, needs: { Self.needs($0.deposit, $0.action) }, apply: refuse)
  }

  private static func needs(_ deposit: String, _ action: OperatorAction) -> [Need] {
    [.row(DepositRow.self, deposit), Ledger.needs(posting(action))]
      + Currency.allCases.map { .row(OperatorDayRow.self, OperatorDayRow.key(action, $0)) }
  }

  /// By the operator's key, so that a key decides once, whatever it is used for.
  private static func posting(_ action: OperatorAction) -> String { "deposit-decision:\(action.key)" }

  private func credit(_ command: CreditHeldDeposit, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    let result = try Self.decide(command.deposit, command.action, hash: hash, customer: command.customer, unit) { row in
      guard let money = row.money else {
        return Self.refusal("not_countable", "deposit \(row.id) has no amount in TRX or USDT: it can only be refused")
      }
      guard let funds = try DepositCredit.funds(after: money, command.customer, unit) else {
        return Self.refusal("balance_full", "the balance of \(command.customer) cannot hold \(money) more")
      }
      let first = row.request?.first(for: command, at: unit.now)
      if try first == nil && !isAlone(money, command.action, unit) {
        let request = DepositCreditRequest(
          customer: command.customer, action: command.action,
          expiresAt: unit.now.addingTimeInterval(AdjustmentRow.waitMax))
        row.request = request
        return Self.waiting(request, row)
      }
      row.state = .credited
      row.returnsFrom = nil
      row.customer = command.customer
      let entry = try Ledger.checked { () throws(LedgerError) in
        try Posting.decidedDeposit(money, to: command.customer)
      }
      row.decide(command.action, unit)
      try DepositCredit.write(
        entry, id: Self.posting(command.action), row, funds, asked: first, bodyHash: hash, unit)
      return Self.done("\(money) of deposit \(row.id) credited to \(command.customer)")
    }
    try Self.finish(result, CreditHeldDeposit.messageType, command.deposit, command.action, unit)
  }

  /// Whether one operator may decide on so much; then it counts as booked alone.
  private func isAlone(_ money: Money, _ action: OperatorAction, _ unit: UnitOfWork) throws -> Bool {
    let key = OperatorDayRow.key(action, money.currency)
    var day = try unit.find(OperatorDayRow.self, key)?.day ?? OperatorDay()
    guard !limits.needsSecond(money, alone: day.amount(at: unit.now)) else { return false }
    day.book(money.amount, at: unit.now)
    try unit.save(OperatorDayRow(id: key, day: day, updatedAt: unit.now))
    return true
  }

  private static func waiting(_ request: DepositCreditRequest, _ row: DepositRow) -> CommandResult {
    refusal(
      "awaiting_approval",
      "deposit \(row.id) waits until \(request.expiresAt.formatted(.iso8601)) for a second operator: energyctl "
        + "deposits credit \(row.id) --customer \(request.customer)")
  }

  /// Who names another address than the sender's says that a payment there is no theft: for so much only as one
  /// operator may book alone.
  private func refuse(_ command: RefuseHeldDeposit, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    let result = try Self.decide(command.deposit, command.action, hash: hash, customer: nil, unit) { row in
      if let receiver = command.returnTo, receiver != row.sender, let money = row.money,
        try !isAlone(money, command.action, unit)
      {
        return Self.refusal(
          "needs_second_operator",
          "one operator cannot name where \(money) go back to: refuse deposit \(row.id) without --return-to, and give "
            + "its coins back from the treasury")
      }
      row.state = .refused
      row.returnTo = command.returnTo
      row.decide(command.action, unit)
      if let money = row.money {
        let entry = try Ledger.checked { () throws(LedgerError) in try Posting.refusedDeposit(money) }
        try Ledger.write(entry, id: Self.posting(command.action), action: command.action, bodyHash: hash, unit)
      }
      return Self.done("deposit \(row.id) is refused; \(Self.remedy(row))")
    }
    try Self.finish(result, RefuseHeldDeposit.messageType, command.deposit, command.action, unit)
  }

  private static func remedy(_ row: DepositRow) -> String {
    guard row.money != nil else { return "the ledger counts nothing of it" }
    let receiver = (row.returnTo ?? row.sender).base58
    guard let place = row.returnsFrom else {
      return "its coins were swept: give them back to \(receiver) from the treasury, and book refunds to adjustments"
    }
    return "give its coins back by hand from \(place.base58) to \(receiver)"
  }

  private struct Outcome {
    let result: CommandResult
    /// Whether something was changed by this very message.
    let isNews: Bool
  }

  private static func done(_ detail: String) -> CommandResult { CommandResult(ok: true, code: "done", detail: detail) }
  private static func refusal(_ code: String, _ detail: String) -> CommandResult {
    CommandResult(ok: false, code: code, detail: detail)
  }

  /// - Parameters:
  ///   - customer: who is to be credited; nil for a refusal.
  ///   - apply: changes the deposit, or not, and says what it did.
  private static func decide(
    _ id: String, _ action: OperatorAction, hash: String, customer: CustomerID?, _ unit: UnitOfWork,
    _ apply: (inout DepositRow) throws -> CommandResult
  ) throws -> Outcome {
    func unchanged(_ result: CommandResult) -> Outcome { Outcome(result: result, isNews: false) }
    if let mistake = OperatorIdentity.mistake(in: action) { return unchanged(refusal(mistake.code, mistake.detail)) }
    let conflict = refusal("key_conflict", "the key '\(action.key)' was used for another decision; give a new one")
    if let earlier = try Ledger.posted(posting(action), unit), earlier.bodyHash != hash { return unchanged(conflict) }
    guard var row = try unit.find(DepositRow.self, id) else {
      return unchanged(refusal("unknown_deposit", "there is no deposit '\(id)'"))
    }
    if row.decision == action, (customer != nil) == (row.state == .credited) {
      return unchanged(done("deposit \(id) is decided, as you have said before"))
    }
    if let request = row.request, request.action.key == action.key {
      guard request.action == action, request.customer == customer else { return unchanged(conflict) }
      if row.state == .held, unit.now < request.expiresAt { return unchanged(waiting(request, row)) }
      if row.state == .credited, row.customer == request.customer {
        return unchanged(done("deposit \(id) is decided: \(row.decision?.actor ?? "") agreed"))
      }
    }
    switch row.state {
    case .held: break
    case .credited:
      return unchanged(refusal("already_credited", "deposit \(id) is credited to \(row.customer?.text ?? "nobody")"))
    case .refused, .returned: return unchanged(refusal("already_refused", "deposit \(id) is refused"))
    case .crediting, .funding, .ignored:
      return unchanged(refusal("not_held", "deposit \(id) is '\(row.state.rawValue)' and needs no decision"))
    }
    let known = row
    let result = try apply(&row)
    if row != known { try unit.save(row) }
    return Outcome(result: result, isNews: row != known)
  }

  private static func finish(
    _ outcome: Outcome, _ command: String, _ deposit: String, _ action: OperatorAction, _ unit: UnitOfWork
  ) throws {
    if outcome.isNews {
      try unit.audit(command, of: ServiceName.wallet, on: deposit, action, outcome: outcome.result.detail)
    }
    try unit.answer(outcome.result)
  }
}
