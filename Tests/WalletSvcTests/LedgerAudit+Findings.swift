import Contracts
import Foundation
import Postgres

@testable import WalletSvc

extension LedgerAudit {
  /// One line for each difference; of the last ten minutes, or of everything.
  static func findings(isFull: Bool, _ session: PostgresSession) throws -> [String] {
    if isFull { return try LedgerFullAudit.findings(session).map(\.description) }
    let findings = try session.transaction {
      try begin(session)
      return try recent(since: Since(time: Date().addingTimeInterval(-600), block: 0), session)
    }
    return findings.map(\.description)
  }
}

extension LedgerFullAudit {
  /// All steps in one transaction: the service's own check, which may be at it, would begin anew between two.
  static func findings(run: UUID = UUID(), _ session: PostgresSession) throws -> [LedgerFinding] {
    try session.transaction {
      try lock(session)
      while true {
        if case .ended(let findings, _, _) = try advance(run, session) { return findings }
      }
    }
  }
}
