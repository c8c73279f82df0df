import BusKit
import Contracts
import TronKit

/// What operators decide about deposits that nobody was credited with. Each deposit is decided once.
enum DepositDecisions {
  static func register(in service: inout Service) {
    service.handle(
      CreditHeldDeposit.self,
      needs: { command in
        needs(command.deposit, command.action) + Currency.allCases.map { Ledger.needs(command.customer, $0) }
      }, apply: credit)
    service.handle(RefuseHeldDeposit.self, needs: { needs($0.deposit, $0.action) }, apply: refuse)
  }

  private static func needs(_ deposit: String, _ action: OperatorAction) -> [Need] {
    [.row(DepositRow.self, deposit), Ledger.needs(posting(action))]
  }

  /// By the operator's key, so that a key decides once, whatever it is used for.
  private static func posting(_ action: OperatorAction) -> String { "deposit-decision:\(action.key)" }

  private static func credit(_ command: CreditHeldDeposit, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    let result = try decide(command.deposit, command.action, hash: hash, isCredit: true, unit) { row in
      guard let money = row.money else {
        return refusal("not_countable", "deposit \(row.id) has no amount in TRX or USDT: it can only be refused")
      }
      guard let funds = try DepositCredit.funds(after: money, command.customer, unit) else {
        return refusal("balance_full", "the balance of \(command.customer) cannot hold \(money) more")
      }
      row.state = .credited
      row.returnsFrom = nil
      row.customer = command.customer
      let entry = try Ledger.checked { () throws(LedgerError) in
        try Posting.decidedDeposit(money, to: command.customer)
      }
      try DepositCredit.write(entry, id: posting(command.action), row, funds, bodyHash: hash, unit)
      return done("\(money) of deposit \(row.id) credited to \(command.customer)")
    }
    try finish(result, CreditHeldDeposit.messageType, command.deposit, command.action, unit)
  }

  private static func refuse(_ command: RefuseHeldDeposit, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    let result = try decide(command.deposit, command.action, hash: hash, isCredit: false, unit) { row in
      row.state = .refused
      row.returnTo = command.returnTo
      if let money = row.money {
        let entry = try Ledger.checked { () throws(LedgerError) in try Posting.refusedDeposit(money) }
        try Ledger.write(entry, id: posting(command.action), action: command.action, bodyHash: hash, unit)
      }
      return done("deposit \(row.id) is refused; \(remedy(row))")
    }
    try finish(result, RefuseHeldDeposit.messageType, command.deposit, command.action, unit)
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

  /// - Parameter apply: changes the deposit and says what it did; what is not `ok` changes nothing.
  private static func decide(
    _ id: String, _ action: OperatorAction, hash: String, isCredit: Bool, _ unit: UnitOfWork,
    _ apply: (inout DepositRow) throws -> CommandResult
  ) throws -> Outcome {
    func unchanged(_ result: CommandResult) -> Outcome { Outcome(result: result, isNews: false) }
    guard (1...OperatorAction.keyLengthMax).contains(action.key.utf8.count) else {
      let most = OperatorAction.keyLengthMax
      return unchanged(refusal("invalid_key", "give a key of 1 to \(most) bytes"))
    }
    let conflict = refusal("key_conflict", "the key '\(action.key)' was used for another decision; give a new one")
    if let earlier = try Ledger.posted(posting(action), unit), earlier.bodyHash != hash { return unchanged(conflict) }
    guard var row = try unit.find(DepositRow.self, id) else {
      return unchanged(refusal("unknown_deposit", "there is no deposit '\(id)'"))
    }
    if row.decision == action, isCredit == (row.state == .credited) {
      return unchanged(done("deposit \(id) is decided, as you have said before"))
    }
    switch row.state {
    case .held: break
    case .credited:
      return unchanged(refusal("already_credited", "deposit \(id) is credited to \(row.customer?.text ?? "nobody")"))
    case .refused, .returned: return unchanged(refusal("already_refused", "deposit \(id) is refused"))
    case .crediting, .funding, .ignored:
      return unchanged(refusal("not_held", "deposit \(id) is '\(row.state.rawValue)' and needs no decision"))
    }
    row.decision = action
    row.decidedAt = unit.now
    let result = try apply(&row)
    if result.ok { try unit.save(row) }
    return Outcome(result: result, isNews: result.ok)
  }

  private static func finish(
    _ outcome: Outcome, _ command: String, _ deposit: String, _ action: OperatorAction, _ unit: UnitOfWork
  ) throws {
    if outcome.isNews {
      try unit.publish(
        OperatorActed(
          service: ServiceName.wallet, command: command, subject: deposit, action: action,
          outcome: outcome.result.detail))
    }
    try unit.reply(outcome.result, to: unit.cause?.replyTo ?? "", correlation: unit.cause?.correlation ?? "")
  }
}
