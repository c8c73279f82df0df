import BusKit
import Contracts
import Foundation

/// Looks for a difference in what changed since the last look. One is an incident: money cannot have been counted
/// right.
struct LedgerRecentCheck: Effect {
  static let kind = "wallet.LedgerRecentCheck"
  var orderKey: String { "ledger-recent-check" }

  /// Transactions that were under way when the last check looked have ended after so long.
  private static let overlapSeconds = 120.0
  /// What changed in so long is looked at; after a longer time without a check everything is, by `LedgerFullCheck`.
  private static let reachSeconds = 3600.0
  /// Where there was no check before.
  private static let firstSeconds = 600.0
  /// One that has not ended after so long is not waited for.
  private static let patience = 600.0
  /// A capture that waits for nothing is resumed by whatever ended its waiting; after so long it was forgotten.
  private static let forgottenSeconds = 60.0

  static func register(in service: inout Service) {
    service.every("ledger-check", .seconds(60), needs: [.row(LedgerCheckRow.self, LedgerCheckRow.recent)]) { unit in
      if try LedgerCheckRow.begin(LedgerCheckRow.recent, patience: patience, unit) {
        try unit.start(LedgerRecentCheck())
      }
    }
    service.effect(
      LedgerRecentCheck.self, policy: EffectPolicy(attemptsMax: 3, timeout: .seconds(40), concurrency: 1)
    ) { _, context in try await run(context) }
  }

  private struct Seen: Sendable {
    let isComplete: Bool
    /// Whether changes of more than `reachSeconds` have not been looked at.
    let isLate: Bool
    let asOf: Date
    let block: Int64
    let findings: [LedgerFinding]
    /// Whether captures wait for nothing any more.
    let hasForgotten: Bool
  }

  private static func run(_ context: EffectContext) async throws -> EffectOutcome {
    let seen = try await context.bus.lookUp { session in
      let head = try SealHead.read(session)
      let now = try session.now()
      let last = try session.execute(
        "select as_of, through_block from ledger_audits where id = $1", [.text(LedgerCheckRow.recent)]
      ).rows.first
      let (asOf, block) = (try last?.dateIfPresent("as_of"), try last?.intIfPresent("through_block"))
      let isLate = asOf.map { now.timeIntervalSince($0) > reachSeconds } ?? true
      let isComplete = try LedgerTotals.isComplete(session)
      let since =
        isLate
        ? LedgerAudit.Since(time: now.addingTimeInterval(-firstSeconds), block: head.block)
        : LedgerAudit.Since(time: (asOf ?? now).addingTimeInterval(-overlapSeconds), block: block ?? head.block)
      return Seen(
        isComplete: isComplete, isLate: isLate, asOf: now, block: head.block,
        findings: isComplete ? try session.patiently { try LedgerAudit.recent(since: since, session) } : [],
        hasForgotten: try ResumeCaptures.areAny(since: now.addingTimeInterval(-forgottenSeconds), session))
    }
    if seen.hasForgotten { try await context.bus.transaction { try $0.start(ResumeCaptures()) } }
    // The next one looks at what this one could not.
    guard seen.isComplete else {
      return .done(needs: [.row(LedgerCheckRow.self, LedgerCheckRow.recent)]) {
        try LedgerCheckRow.end(LedgerCheckRow.recent, $0)
      }
    }
    return try await LedgerCheckOutcome.of(
      LedgerCheckRow.recent, seen.findings, asOf: seen.asOf, block: seen.block, startsFull: seen.isLate, context.bus)
  }
}
