import BusKit
import Contracts
import TronKit

/// Handing out addresses, and noting which ones are watched.
struct DepositAddressHandlers: Sendable {
  let settings: DepositSettings

  func register(in service: inout Service) {
    service.handle(AssignDepositAddress.self, needs: needs, apply: assign)
    service.handle(
      AddressesWatched.self, needs: { $0.addresses.map { .row(DepositAddressRow.self, $0.base58) } },
      apply: Self.confirm)
  }

  /// The customer's own, which keys are retired, whether all money waits, and all that are free: the lowest is taken.
  /// Whoever comes at the same time waits for this transaction, which takes many customers at once, and then sees what
  /// it has left.
  private func needs(_ command: AssignDepositAddress) -> [Need] {
    let known: [Need] = [
      .rows(DepositAddressRow.self, where: "customer", is: command.customer.text), .all(DepositGenerationRow.self),
      .reading(LedgerFreezeRow.self, LedgerDifferenceFound.all),
    ]
    guard let key = settings.key else { return known }
    return known + [.rows(DepositAddressRow.self, where: "stock", is: key.fingerprint)]
  }

  private func assign(_ command: AssignDepositAddress, _ unit: UnitOfWork) throws {
    let own = try unit.all(DepositAddressRow.self, where: "customer", is: command.customer.text)
    let shown = try own.filter { try !Self.isRetired($0.fingerprint ?? "", unit) }
    if let latest = shown.max(by: { ($0.generation ?? 0) < ($1.generation ?? 0) }) { return try answer(latest, unit) }
    guard let key = settings.key, try !Self.isRetired(key.fingerprint, unit) else {
      return try answer("deposits_off", "deposits are switched off", nil, unit)
    }
    // A database that was restored does not know who got which address after its backup.
    if try unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all) != nil {
      return try answer("none_ready", "no address is handed out while the ledger is compared; try later", nil, unit)
    }
    let free = try unit.all(DepositAddressRow.self, where: "stock", is: key.fingerprint)
    guard var row = free.min(by: { ($0.index ?? 0) < ($1.index ?? 0) }) else {
      return try answer("none_ready", "no address is ready; try again in a minute", nil, unit)
    }
    row.customer = command.customer
    row.assignedAt = unit.now
    row.restock()
    try unit.save(row)
    try answer(row, unit)
  }

  private static func isRetired(_ fingerprint: String, _ unit: UnitOfWork) throws -> Bool {
    try unit.find(DepositGenerationRow.self, fingerprint)?.retiredAt != nil
  }

  private func answer(_ row: DepositAddressRow, _ unit: UnitOfWork) throws {
    let view = DepositAddressView(address: row.id, minimums: settings.rules.minimums)
    try answer("done", "\(row.id.base58) takes TRX and USDT", view, unit)
  }

  private func answer(_ code: String, _ detail: String, _ view: DepositAddressView?, _ unit: UnitOfWork) throws {
    try unit.answer(DepositAddressAnswer(code: code, detail: detail, address: view))
  }

  private static func confirm(_ event: AddressesWatched, _ unit: UnitOfWork) throws {
    for address in event.addresses {
      // What somebody else has asked for is not ours.
      guard var row = try unit.find(DepositAddressRow.self, address.base58) else { continue }
      row.state = .watched
      row.watchedAt = unit.now
      // Of one that was watched before, a later block may be told.
      row.fromBlock = min(row.fromBlock ?? event.fromBlock, event.fromBlock)
      row.restock()
      try unit.save(row)
    }
  }
}
