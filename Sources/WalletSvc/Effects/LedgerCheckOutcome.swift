import BusKit
import Contracts
import Foundation

/// What a check leaves behind.
enum LedgerCheckOutcome {
  static func of(
    _ name: String, _ findings: [LedgerFinding], asOf: Date, block: Int64, startsFull: Bool = false, _ bus: Bus
  ) async throws -> EffectOutcome {
    let subjects = LedgerIncidents.bySubject(findings)
    let checks = Set([name] + (startsFull ? [LedgerCheckRow.full] : []))
    let needs = LedgerIncidents.needs(subjects.keys) + checks.map { .row(LedgerCheckRow.self, $0) }
    // Before the effect ends, so that it is known whether there is something new to be said.
    let news = try await bus.transaction(needs: needs) { unit in
      try unit.save(
        LedgerCheckRow(
          id: name, differences: Int64(findings.count),
          detail: findings.prefix(20).map(\.description).joined(separator: "\n"), checkedAt: unit.now, asOf: asOf,
          throughBlock: block))
      if startsFull { try LedgerFullCheck.begin(unit) }
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
