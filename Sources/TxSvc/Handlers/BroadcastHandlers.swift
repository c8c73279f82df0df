import BusKit
import Contracts
import TronKit

/// Transactions that were signed elsewhere, to be sent from here.
enum BroadcastHandlers {
  static func needs(_ command: BroadcastTransaction, token: TronAddress) -> [Need] {
    var needs: [Need] = [.row(OperatorRecord.self, command.action.key)]
    if case .success(let transaction) = read(command, token) {
      needs.append(.row(SupplierWallet.self, transaction.owner.base58))
    }
    return needs
  }

  static func broadcast(_ command: BroadcastTransaction, token: TronAddress, _ unit: UnitOfWork) throws {
    let (replyTo, correlation) = (unit.cause?.replyTo ?? "", unit.cause?.correlation ?? "")
    let transaction = read(command, token)
    let subject = subject(transaction)
    if let earlier = try OperatorWork.earlier(
      command.action, command: BroadcastTransaction.messageType, subject: subject, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    guard let refusal = try refusal(transaction, unit) else {
      return try unit.start(
        BroadcastByHand(command: command, txID: subject, replyTo: replyTo, correlation: correlation))
    }
    let record = OperatorRecord(
      id: command.action.key, command: BroadcastTransaction.messageType, subject: subject, ok: false,
      code: refusal.code, detail: refusal.detail, at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }

  private static func read(
    _ command: BroadcastTransaction, _ token: TronAddress
  ) -> Result<OutsideTransaction, OutsideTransaction.Refusal> {
    Result { () throws(OutsideTransaction.Refusal) in try OutsideTransaction(hex: command.signed, token: token) }
  }

  private static func subject(_ transaction: Result<OutsideTransaction, OutsideTransaction.Refusal>) -> String {
    guard case .success(let transaction) = transaction else { return "a transaction that is not sent" }
    return transaction.signed.id.hex
  }

  private static func refusal(
    _ transaction: Result<OutsideTransaction, OutsideTransaction.Refusal>, _ unit: UnitOfWork
  ) throws -> OutsideTransaction.Refusal? {
    switch transaction {
    case .failure(let refusal): return refusal
    case .success(let transaction):
      guard try unit.find(SupplierWallet.self, transaction.owner.base58) != nil else { return nil }
      return OutsideTransaction.Refusal(
        code: "supplier_wallet",
        detail: "\(transaction.owner) is a wallet of the pool: what it signs is made and sent by tx-svc alone")
    }
  }
}
