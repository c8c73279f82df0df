import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// Coins of ours that moved on chain: sweeps, activations, what leaves us, and what it all burned. Never a deposit for
/// anybody.
struct OwnMoneyHandlers: Sendable {
  let rules: DepositRules

  func register(in service: inout Service) {
    service.handle(OwnTransactionFound.self, needs: Self.needs, apply: apply)
    service.effect(RaiseAlarm.self) { alarm, context in
      context.bus.logger.critical("\(alarm.text)", metadata: ["transaction": "\(alarm.transaction)"])
      return .done()
    }
  }

  private static func needs(_ event: OwnTransactionFound) -> [Need] {
    let addresses = Set(event.transfers.flatMap { [$0.from, $0.to] } + (event.payer.map { [$0] } ?? []))
    let paying = Set(event.transfers.map(\.from))
    return addresses.map { .row(DepositAddressRow.self, $0.base58) }
      + paying.map { .rows(DepositRow.self, where: "returns_from", is: $0.base58) }
      + event.transfers.indices.map { Ledger.needs(id(event, "\($0)")) } + [Ledger.needs(id(event, "fee"))]
  }

  /// One posting for each move of each part, so that a transaction that is told again is posted once.
  private static func id(_ event: OwnTransactionFound, _ what: String) -> String {
    "own:\(event.txID.hex)/\(event.part)/\(what)"
  }

  private func apply(_ event: OwnTransactionFound, _ unit: UnitOfWork) throws {
    for (index, transfer) in event.transfers.enumerated() { try apply(transfer, index, event, unit) }
    guard event.fee > .zero, let payer = event.payer else { return }
    let place = try unit.find(DepositAddressRow.self, payer.base58)?.place
    // Who pays for us and is not watched is a wallet of the pool.
    let custody = place ?? (event.isPayerWatched ? .deposits : .pool)
    let fee = Money(event.fee.value, .trx)
    let posting = try Ledger.checked { () throws(LedgerError) in try Posting.fee(fee, paidFrom: custody) }
    let hash = Self.hash([event.txID.hex, payer.base58, "\(fee.amount)"])
    if try isNew(Self.id(event, "fee"), hash, unit) {
      try Ledger.write(posting, id: Self.id(event, "fee"), bodyHash: hash, unit)
    }
  }

  private func apply(
    _ transfer: OwnTransactionFound.Transfer, _ index: Int, _ event: OwnTransactionFound, _ unit: UnitOfWork
  ) throws {
    guard let currency = rules.currency(of: transfer.token), let amount = transfer.amount else {
      throw InvariantViolation(
        "\(event.txID.hex) moves what cannot be counted (token \(transfer.token?.base58 ?? "none")): "
          + "give wallet-svc and tx-svc the same ENERGY_USDT_CONTRACT")
    }
    let money = Money(amount, currency)
    var receiver = try unit.find(DepositAddressRow.self, transfer.to.base58)
    let sender = try unit.find(DepositAddressRow.self, transfer.from.base58)
    try receiver?.noteMoney(unit)
    let meaning = OwnMoves.meaning(
      from: OwnMoves.place(
        known: sender?.place, isWatched: transfer.isFromWatched, isSupplier: transfer.isFromSupplier),
      to: OwnMoves.place(known: receiver?.place, isWatched: transfer.isToWatched, isSupplier: transfer.isToSupplier))
    let id = Self.id(event, "\(index)")
    let hash = Self.hash([
      event.txID.hex, transfer.kind.rawValue, "\(transfer.place)", transfer.from.base58, transfer.to.base58,
      transfer.token?.base58 ?? "", "\(amount)",
    ])
    switch meaning {
    case .nothing: return
    case .sweep(let from, let to):
      let posting = try Ledger.checked { () throws(LedgerError) in try Posting.sweep(money, from: from, to: to) }
      guard try isNew(id, hash, unit) else { return }
      try Ledger.write(posting, id: id, bodyHash: hash, unit)
      if from == .deposits { try sweep(currency, transfer.from, event.blockNumber, unit) }
    case .withdrawal(let from):
      guard try isNew(id, hash, unit) else { return }
      let isRefund = try from == .deposits && giveBack(money, transfer, unit)
      let posting = try Ledger.checked { () throws(LedgerError) in
        try Posting.withdrawal(money, from: from, isRefund: isRefund)
      }
      try Ledger.write(posting, id: id, bodyHash: hash, unit)
      if from == .deposits, !isRefund { try alarm(transfer, money, index, event, unit) }
    }
  }

  /// What had arrived by then is not there any more: nothing can be given back from this address. A sweep of a part
  /// counts as one of all: better an alarm too many than a theft that passes for a refund.
  private func sweep(_ currency: Currency, _ address: TronAddress, _ block: Int64, _ unit: UnitOfWork) throws {
    for var deposit in try unit.all(DepositRow.self, where: "returns_from", is: address.base58)
    where deposit.currency == currency && deposit.blockNumber <= block {
      deposit.returnsFrom = nil
      try unit.save(deposit)
    }
  }

  /// Whether it gives a refused deposit back, which is then settled.
  private func giveBack(
    _ money: Money, _ transfer: OwnTransactionFound.Transfer, _ unit: UnitOfWork
  ) throws -> Bool {
    let refused = try unit.all(DepositRow.self, where: "returns_from", is: transfer.from.base58)
    guard var deposit = OwnMoves.refund(of: money, to: transfer.to, among: refused) else { return false }
    deposit.state = .returned
    deposit.returnsFrom = nil
    try unit.save(deposit)
    return true
  }

  private func alarm(
    _ transfer: OwnTransactionFound.Transfer, _ money: Money, _ index: Int, _ event: OwnTransactionFound,
    _ unit: UnitOfWork
  ) throws {
    let place = (event.part - 1) * OwnTransactionFound.transfersMax + index
    try unit.publish(
      UnexpectedWithdrawal(
        address: transfer.from, to: transfer.to, money: money, txID: event.txID, blockNumber: event.blockNumber,
        blockTime: event.blockTime, seq: Int64(place)))
    try unit.start(
      RaiseAlarm(
        text: "a deposit address has paid \(money) to an address that is not ours, and no refund to it was decided: "
          + "\(transfer.from.base58) to \(transfer.to.base58)", transaction: event.txID.hex))
  }

  /// - Throws: when the same move was posted with another content.
  private func isNew(_ id: String, _ hash: String, _ unit: UnitOfWork) throws -> Bool {
    guard let known = try Ledger.posted(id, unit) else { return true }
    guard known.bodyHash == hash else {
      throw InvariantViolation("\(id) is posted with other content: compare it with the chain")
    }
    return false
  }

  private static func hash(_ parts: [String]) -> String {
    Hex.encode(Array(SHA256.hash(data: Array(parts.joined(separator: "|").utf8))))
  }
}

/// Says in the log what a handler, which has none, has found.
struct RaiseAlarm: Effect {
  static let kind = "wallet.RaiseAlarm"
  let text: String
  let transaction: String
  var orderKey: String { transaction }
}
