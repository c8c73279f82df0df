import Foundation

/// Compares what Postgres has with what the model says.
enum LedgerChecker {
  /// - Parameters:
  ///   - answers: what the model says to each message that was handled.
  ///   - sequences: where each message belongs.
  static func findings(
    _ evidence: LedgerEvidence, _ book: LedgerBook, answers: [UUID: [String]], sequences: [UUID: Int]
  ) -> [LedgerFinding] {
    evidence.oddities + accounts(evidence, book) + holds(evidence, book) + said(evidence, answers, sequences)
  }

  private static func accounts(_ evidence: LedgerEvidence, _ book: LedgerBook) -> [LedgerFinding] {
    var findings: [LedgerFinding] = []
    for account in Set(evidence.journal.keys).union(book.balances.keys) {
      let (found, right) = (evidence.journal[account] ?? 0, book.balances[account] ?? 0)
      guard found != right else { continue }
      findings.append(LedgerFinding(.balance, of: account, "\(account) has \(found) in the journal, \(right) is right"))
    }
    let customers = evidence.journal.keys.filter { $0.contains(" customer:") || $0.contains(" held:") }
    for account in Set(evidence.kept.keys).union(customers) {
      let (kept, found) = (evidence.kept[account] ?? 0, evidence.journal[account] ?? 0)
      guard kept != found else { continue }
      findings.append(LedgerFinding(.cache, of: account, "\(account) is kept as \(kept), the journal says \(found)"))
    }
    return findings
  }

  private static func holds(_ evidence: LedgerEvidence, _ book: LedgerBook) -> [LedgerFinding] {
    Set(evidence.holds.keys).union(book.orders.keys).compactMap { order in
      let right = book.orders[order].map(expected)
      guard evidence.holds[order] != right else { return nil }
      let found = evidence.holds[order].map { "\($0.state) \($0.captured)" } ?? "nothing"
      return LedgerFinding(
        .hold, of: order, "\(order) is \(found), right is \(right.map { "\($0.state) \($0.captured)" } ?? "nothing")")
    }
  }

  private static func expected(_ order: LedgerBook.Order) -> LedgerEvidence.Hold {
    switch order.phase {
    case .nothingHeld: .init(state: "refused", captured: 0)
    case .held: .init(state: "held", captured: 0)
    case .captured(let amount): .init(state: "captured", captured: amount)
    case .released: .init(state: order.answer.hasPrefix("FundsHeld") ? "released" : "barred", captured: 0)
    }
  }

  private static func said(
    _ evidence: LedgerEvidence, _ answers: [UUID: [String]], _ sequences: [UUID: Int]
  ) -> [LedgerFinding] {
    var findings: [LedgerFinding] = []
    for (id, right) in answers where (evidence.answers[id] ?? []) != right {
      findings.append(
        LedgerFinding(.answer, sequences[id], "\(id) was answered \(evidence.answers[id] ?? []), right is \(right)"))
    }
    for (id, found) in evidence.answers where answers[id] == nil {
      findings.append(LedgerFinding(.answer, nil, "\(id) was never handled and was answered \(found)"))
    }
    return findings
  }
}
