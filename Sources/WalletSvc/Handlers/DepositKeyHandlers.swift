import BusKit
import Contracts

/// Giving up a deposit key.
struct DepositKeyHandlers: Sendable {
  let settings: DepositSettings

  func register(in service: inout Service) {
    service.handle(
      RetireDepositKey.self, needs: { [.row(DepositGenerationRow.self, $0.fingerprint)] }, apply: retire)
  }

  private func retire(_ command: RetireDepositKey, _ unit: UnitOfWork) throws {
    if try LedgerHandlers.refuses(command.action, unit) { return }
    let result = try decide(command, unit)
    try unit.answer(result)
  }

  private func decide(_ command: RetireDepositKey, _ unit: UnitOfWork) throws -> CommandResult {
    let action = command.action
    guard var row = try unit.find(DepositGenerationRow.self, command.fingerprint) else {
      return refusal("unknown_key", "there was never a deposit key '\(command.fingerprint.prefix(80))'")
    }
    let done = "the addresses of key \(row.id) are shown to nobody any more; they stay watched and credited"
    guard row.retiredAt == nil else {
      return CommandResult(ok: true, code: row.retirement?.key == action.key ? "done" : "unchanged", detail: done)
    }
    // Its addresses would go on being derived, and no newcomer would get one.
    guard row.id != settings.key?.fingerprint else {
      return refusal(
        "key_in_use",
        "wallet-svc uses key \(row.id): put another one into ENERGY_DEPOSIT_XPUB_FILE, or none, and restart all "
          + "replicas")
    }
    row.retiredAt = unit.now
    row.retirement = action
    try unit.save(row)
    try unit.audit(RetireDepositKey.messageType, of: ServiceName.wallet, on: row.id, action, outcome: done)
    return CommandResult(ok: true, code: "done", detail: done)
  }

  private func refusal(_ code: String, _ detail: String) -> CommandResult {
    CommandResult(ok: false, code: code, detail: detail)
  }
}
