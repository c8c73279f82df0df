import BusKit
import Contracts
import Foundation

/// What a check found becomes an incident: once, until an operator clears it. Captures on the accounts concerned wait.
enum LedgerIncidents {
  /// Whom findings concern: a customer, or everybody where an account of ours, a sum or a block is wrong, or where they
  /// are too many to be listed.
  static func bySubject(_ findings: [LedgerFinding]) -> [String: [LedgerFinding]] {
    guard findings.count < LedgerAudit.findingsMax else { return [LedgerDifferenceFound.all: findings] }
    return Dictionary(grouping: findings) { finding in
      finding.kind == .sealing
        ? LedgerDifferenceFound.sealing
        : LedgerAccount(parsing: finding.account)?.customer?.text ?? LedgerDifferenceFound.all
    }
  }

  static func needs(_ subjects: some Sequence<String>) -> [Need] {
    subjects.flatMap { [Need.row(LedgerDifferenceRow.self, $0), .row(LedgerFreezeRow.self, $0)] }
  }

  /// - Parameter begun: when the check began: what was cleared since is looked at again by the next one.
  /// - Returns: the subjects of which something is told for the first time.
  @discardableResult
  static func record(
    _ findings: [String: [LedgerFinding]], by check: String, begun: Date, _ unit: UnitOfWork
  ) throws -> [String] {
    var news: [String] = []
    for (subject, found) in findings.sorted(by: { $0.key < $1.key }) {
      let known = try unit.find(LedgerDifferenceRow.self, subject)
      if let cleared = known?.clearedAt, cleared > begun { continue }
      let open = known.flatMap { $0.clearedAt == nil ? $0 : nil }
      // What another check has found stays until somebody clears it.
      let listed = Array(merged(open?.findings ?? [], found).prefix(LedgerDifferenceFound.findingsMax))
      if let open, listed.count == open.findings.count { continue }
      let row = LedgerDifferenceRow(
        id: subject, foundBy: check, findings: listed, seq: EventSeq.next(after: known?.seq, unit.now),
        foundAt: open?.foundAt ?? unit.now, clearedBy: known?.clearedBy)
      try unit.save(row)
      if subject != LedgerDifferenceFound.sealing, try unit.find(LedgerFreezeRow.self, subject) == nil {
        try unit.save(LedgerFreezeRow(id: subject, since: unit.now))
      }
      try publish(row, unit)
      news.append(subject)
    }
    return news
  }

  /// The same place may be off by another amount each minute: that is no news.
  private static func merged(_ known: [LedgerFinding], _ found: [LedgerFinding]) -> [LedgerFinding] {
    var places = Set(known.map(place))
    return known + found.filter { places.insert(place($0)).inserted }
  }

  private static func place(_ finding: LedgerFinding) -> String {
    let detail = finding.kind == .block ? finding.detail : ""
    return "\(finding.kind.rawValue) \(finding.account) \(finding.currency?.rawValue ?? "") \(detail)"
  }

  static func publish(_ row: LedgerDifferenceRow, _ unit: UnitOfWork) throws {
    try unit.publish(
      LedgerDifferenceFound(
        subject: row.id, check: row.foundBy, findings: row.findings, foundAt: row.foundAt, clearedAt: row.clearedAt,
        seq: row.seq))
  }

  /// Tells what is open and concerns all, when a replica starts: what an operator began with `begin_recovery` nobody
  /// has told yet. Who knows it ignores it.
  static func tellOpen(_ bus: Bus) async throws {
    try await bus.transaction(needs: [.row(LedgerDifferenceRow.self, LedgerDifferenceFound.all)]) { unit in
      guard let row = try unit.find(LedgerDifferenceRow.self, LedgerDifferenceFound.all), row.clearedAt == nil else {
        return
      }
      try publish(row, unit)
    }
  }

  /// Nothing can be sealed, as the database is not the one that it was: told once, logged once. It may lack what was
  /// done after its backup, so that nothing is captured or credited until an operator has compared it.
  static func report(sealing reason: String, _ bus: Bus) async throws {
    let findings = [
      LedgerDifferenceFound.sealing: [LedgerFinding(.sealing, detail: reason)],
      LedgerDifferenceFound.all: [
        LedgerFinding(.recovery, detail: "recovery, until `energyctl ledger clear all`: \(reason)")
      ],
    ]
    let news = try await bus.transaction(needs: needs(findings.keys)) {
      try record(findings, by: "seal", begun: $0.now, $0)
    }
    if !news.isEmpty { bus.logger.critical("the ledger is not sealed", metadata: ["reason": "\(reason)"]) }
  }
}
