import BusKit
import Contracts
import Foundation
import TronKit

/// What operators do with wallets that are in the pool.
enum SupplierOperations {
  static func needs(_ command: SetSupplierState) -> [Need] {
    [.row(OperatorRecord.self, command.action.key), .row(SupplierWallet.self, command.address.base58)]
  }

  static func setState(_ command: SetSupplierState, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    let (type, subject) = (SetSupplierState.messageType, "\(command.address) \(command.state.rawValue)")
    if let earlier = try OperatorWork.earlier(command.action, command: type, subject: subject, unit) {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    let (isOK, code, detail) = try set(command, unit)
    let record = OperatorRecord(
      id: command.action.key, command: type, subject: subject, ok: isOK, code: code, detail: detail, at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }

  private static func set(_ command: SetSupplierState, _ unit: UnitOfWork) throws -> (Bool, String, String) {
    guard var wallet = try unit.find(SupplierWallet.self, command.address.base58) else {
      return (false, "unknown_supplier", "\(command.address) is not in the pool: add it first")
    }
    guard wallet.state != command.state else {
      return (true, "unchanged", "\(command.address) is \(command.state.rawValue) already")
    }
    wallet.isEnabled = command.state == .enabled
    wallet.isDraining = command.state == .draining
    wallet.seq += 1
    if wallet.isEnabled {
      wallet.refreshAt = unit.now
      wallet.avoidUntil = nil
    }
    try unit.save(wallet)
    try unit.publish(
      SupplierStateChanged(address: wallet.address, state: wallet.state, isDrained: false, seq: wallet.seq))
    return (true, "done", "\(command.address) is \(command.state.rawValue); \(wallet.delegated) of it lies on chain")
  }

  static func needs(_ command: RefreshSupplier) -> [Need] { [.row(OperatorRecord.self, command.action.key)] }

  static func refresh(_ command: RefreshSupplier, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    if let earlier = try OperatorWork.earlier(
      command.action, command: RefreshSupplier.messageType, subject: command.address.base58, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    try unit.start(RefreshOnDemand(command: command, replyTo: replyTo, correlation: correlation))
  }
}
