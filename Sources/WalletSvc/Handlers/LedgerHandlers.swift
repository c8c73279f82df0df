import BusKit
import Contracts

/// What operators order when the ledger differs, or cannot be sealed.
enum LedgerHandlers {
  static func register(in service: inout Service) {
    service.handle(
      ClearLedgerDifference.self, needs: { LedgerIncidents.needs([$0.subject]) + [SealTroubleRow.need] }, apply: clear)
    service.handle(RebuildLedgerBalance.self, needs: { _ in [] }) { command, unit in
      if try refuses(command.action, unit) { return }
      guard let account = LedgerAccount(parsing: command.account) else {
        return try unit.answer(CommandResult(ok: false, code: "unknown_account", detail: unknown(command.account)))
      }
      try unit.start(
        RebuildBalance(
          account: account.name, action: command.action, replyTo: unit.cause?.replyTo ?? "",
          correlation: unit.cause?.correlation ?? ""))
    }
    service.handle(BeginLedgerEpoch.self, needs: { _ in [] }) { command, unit in
      if try refuses(command.action, unit) { return }
      try unit.start(
        BeginEpoch(
          action: command.action, replyTo: unit.cause?.replyTo ?? "", correlation: unit.cause?.correlation ?? ""))
    }
    RebuildBalance.register(in: &service)
    BeginEpoch.register(in: &service)
    ResumeCaptures.register(in: &service)
  }

  static func unknown(_ account: String) -> String {
    "there is no account '\(account.prefix(80))': give customer:cus_…, held:cus_…, or one of "
      + LedgerAccount.ours.map(\.name).joined(separator: ", ")
  }

  /// Whether an operator's command does not say who does this and why; then that is answered.
  static func refuses(_ action: OperatorAction, _ unit: UnitOfWork) throws -> Bool {
    guard let mistake = OperatorIdentity.mistake(in: action) else { return false }
    try unit.answer(CommandResult(ok: false, code: mistake.code, detail: mistake.detail))
    return true
  }

  private static func clear(_ command: ClearLedgerDifference, _ unit: UnitOfWork) throws {
    if try refuses(command.action, unit) { return }
    guard var row = try unit.find(LedgerDifferenceRow.self, command.subject) else {
      return try unit.answer(
        CommandResult(
          ok: false, code: "unknown_difference",
          detail: "nothing was ever found to differ for '\(command.subject.prefix(80))'"))
    }
    if row.clearedAt != nil {
      let isSame = row.clearedBy?.key == command.action.key
      return try unit.answer(isSame ? done(row) : CommandResult(ok: true, code: "unchanged", detail: "it is cleared"))
    }
    // The command came twice, and in between something was found that nobody has looked at.
    guard row.clearedBy?.key != command.action.key else {
      let detail =
        "cleared before; found again at \(row.foundAt.ISO8601Format()): look at it, then clear it with another key"
      return try unit.answer(CommandResult(ok: false, code: "found_again", detail: detail))
    }
    // The sealer would find it again, as begun only then: whose holds were refused since it began would be forgotten.
    if row.id == LedgerDifferenceFound.all, try SealTroubleRow.isStopped(unit) {
      let detail = "nothing is sealed: `energyctl ledger new-epoch` first, then clear it"
      return try unit.answer(CommandResult(ok: false, code: "sealing_stopped", detail: detail))
    }
    row.clearedAt = unit.now
    row.clearedBy = command.action
    row.seq = EventSeq.next(after: row.seq, unit.now)
    try unit.save(row)
    try unit.delete(LedgerFreezeRow.self, command.subject)
    try LedgerIncidents.publish(row, unit)
    try unit.audit(
      ClearLedgerDifference.messageType, of: ServiceName.wallet, on: command.subject, command.action,
      outcome: done(row).detail)
    try unit.start(ResumeCaptures())
    try unit.answer(done(row))
  }

  private static func done(_ row: LedgerDifferenceRow) -> CommandResult {
    let what = row.findings.prefix(3).map(\.description).joined(separator: "; ")
    return CommandResult(
      ok: true, code: "done", detail: "cleared: \(what). Captures go on unless something else holds them up")
  }
}
