import BusKit
import Contracts
import Foundation

/// Looks for a difference in what changed since the last look. One is an incident: money cannot have been counted
/// right.
struct LedgerCheck: Effect {
  static let kind = "wallet.LedgerCheck"
  /// From the release before, which looked at everything in the same way: `LedgerFullCheck` does that.
  let isFull: Bool
  var orderKey: String { "ledger-check" }

  /// Transactions that were under way when the last check looked have ended after so long.
  private static let overlapSeconds = 120.0
  /// What changed in so long is looked at; after a longer time without a check everything is, by `LedgerFullCheck`.
  private static let reachSeconds = 3600.0
  /// Where there was no check before.
  private static let firstSeconds = 600.0

  static func register(in service: inout Service) {
    service.every("ledger-check", .seconds(60)) {
      try $0.start(LedgerCheck(isFull: false))
      // Those that wait for nothing any more, should the clearing's own resumption have been given up.
      try $0.start(ResumeCaptures())
    }
    service.effect(
      LedgerCheck.self, policy: EffectPolicy(attemptsMax: 3, timeout: .seconds(40), concurrency: 1)
    ) { check, context in
      if check.isFull { return .done() }
      return try await run(context)
    }
  }

  private struct Seen: Sendable {
    let isComplete: Bool
    /// Whether changes of more than `reachSeconds` have not been looked at.
    let isLate: Bool
    let asOf: Date
    let block: Int64
    let findings: [LedgerFinding]
  }

  private static func run(_ context: EffectContext) async throws -> EffectOutcome {
    let seen = try await context.bus.lookUp { session in
      let head = try SealHead.read(session)
      let now = try session.execute("select now() as now").rows.first?.date("now") ?? context.createdAt
      let last = try session.execute("select * from ledger_checks where id = 'recent'").rows.first
      let (asOf, block) = (try last?.dateIfPresent("as_of"), try last?.intIfPresent("through_block"))
      let isLate = asOf.map { now.timeIntervalSince($0) > reachSeconds } ?? true
      let isComplete = try LedgerTotals.isComplete(session)
      let since =
        isLate
        ? LedgerAudit.Since(time: now.addingTimeInterval(-firstSeconds), block: head.block)
        : LedgerAudit.Since(time: (asOf ?? now).addingTimeInterval(-overlapSeconds), block: block ?? head.block)
      return Seen(
        isComplete: isComplete, isLate: isLate, asOf: now, block: head.block,
        findings: isComplete ? try LedgerAudit.recent(since: since, session) : [])
    }
    // The next one looks at what this one could not.
    guard seen.isComplete else { return .done() }
    return try await LedgerCheckOutcome.of(
      "recent", seen.findings, asOf: seen.asOf, block: seen.block, startsFull: seen.isLate, context.bus)
  }
}

/// What a check leaves behind.
enum LedgerCheckOutcome {
  static func of(
    _ name: String, _ findings: [LedgerFinding], asOf: Date, block: Int64, startsFull: Bool = false, _ bus: Bus
  ) async throws -> EffectOutcome {
    let subjects = LedgerIncidents.bySubject(findings)
    let needs = LedgerIncidents.needs(subjects.keys) + [.row(LedgerCheckRow.self, name)]
    // Before the effect ends, so that it is known whether there is something new to be said.
    let news = try await bus.transaction(needs: needs) { unit in
      try unit.save(
        LedgerCheckRow(
          id: name, differences: Int64(findings.count),
          detail: findings.prefix(20).map(\.description).joined(separator: "\n"), checkedAt: unit.now, asOf: asOf,
          throughBlock: block))
      if startsFull { try unit.start(LedgerFullCheck()) }
      return try LedgerIncidents.record(subjects, by: name, begun: asOf, unit)
    }
    if !news.isEmpty {
      bus.logger.critical(
        "the ledger differs; captures wait until an operator clears it",
        metadata: [
          "count": "\(findings.count)", "concerned": "\(news.prefix(10).joined(separator: " "))",
          "first": "\(findings.prefix(5).map(\.description).joined(separator: "; "))",
        ])
    }
    return .done()
  }
}
