import BusKit
import Contracts
import TronKit

/// Money that operators give and that the chain takes.
enum BookingHandlers {
  static func register(in service: inout Service) {
    service.handle(
      CreditAccount.self,
      needs: { [Ledger.needs($0.customer, .trx), Ledger.needs(transferID($0))] }, apply: credit)
    service.handle(BookOrderCost.self, needs: { [Ledger.needs(transferID($0))] }, apply: bookCost)
  }

  /// So that a key fits an index with room to spare.
  private static let keyLengthMax = 200

  private static func transferID(_ command: CreditAccount) -> String { "credit:\(command.action.key)" }
  private static func transferID(_ command: BookOrderCost) -> String { "cost:\(command.order)" }

  private static func credit(_ command: CreditAccount, _ unit: UnitOfWork) throws {
    guard (1...keyLengthMax).contains(command.action.key.utf8.count) else {
      return try answer(
        CommandResult(ok: false, code: "invalid_key", detail: "give a key of 1 to \(keyLengthMax) bytes"), unit)
    }
    let hash = try Ledger.hash(command)
    if let earlier = try Ledger.posted(transferID(command), unit) {
      return try answer(
        earlier.bodyHash == hash
          ? done(command)
          : CommandResult(
            ok: false, code: "key_conflict",
            detail: "the key '\(command.action.key)' was used for another credit; give this one a new key"), unit)
    }
    guard let (posting, funds) = try prepare(command, unit) else {
      return try answer(
        CommandResult(
          ok: false, code: "invalid_amount",
          detail: "\(command.amount.value) sun cannot be credited; give a positive amount that the balance can hold"),
        unit)
    }
    try Ledger.save(funds, of: command.customer, .trx, unit)
    try Ledger.write(
      posting, id: transferID(command), customer: command.customer, action: command.action, bodyHash: hash, unit)
    try unit.publish(
      OperatorActed(
        service: ServiceName.wallet, command: CreditAccount.messageType, subject: command.customer.text,
        action: command.action, outcome: done(command).detail))
    try answer(done(command), unit)
  }

  /// nil when the amount is impossible.
  private static func prepare(_ command: CreditAccount, _ unit: UnitOfWork) throws -> (Posting, CustomerFunds)? {
    var funds = try Ledger.funds(command.customer, .trx, unit)
    do {
      let posting = try Posting.credit(command.amount, to: command.customer)
      try funds.follow(posting, customer: command.customer)
      // What is held may come back: both together must fit, or a release could not be booked.
      _ = try Sun(funds.available).adding(Sun(funds.held))
      funds.seq += 1
      return (posting, funds)
    } catch {
      // Not positive, or more than a balance can hold: an operator's mistake, answered and not thrown.
      return nil
    }
  }

  /// The same words each time the same credit is asked for.
  private static func done(_ command: CreditAccount) -> CommandResult {
    CommandResult(ok: true, code: "done", detail: "\(command.amount) credited to \(command.customer)")
  }

  private static func answer(_ result: CommandResult, _ unit: UnitOfWork) throws {
    try unit.reply(result, to: unit.cause?.replyTo ?? "", correlation: unit.cause?.correlation ?? "")
  }

  private static func bookCost(_ command: BookOrderCost, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    if let earlier = try Ledger.posted(transferID(command), unit) {
      guard earlier.bodyHash == hash else {
        throw InvariantViolation("a cost of order \(command.order) is booked already, and it is not \(command.cost)")
      }
      return
    }
    let posting = try Ledger.checked { () throws(LedgerError) in try Posting.cost(command.cost) }
    try Ledger.write(posting, id: transferID(command), order: command.order, bodyHash: hash, unit)
  }
}
