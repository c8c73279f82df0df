import BusKit
import Contracts
import Postgres

/// Answers to questions about the ledger itself.
enum LedgerAnswers {
  private static let listMax = 100

  static func register(in service: inout Service) {
    service.answer(VerifyLedger.self) { query, bus in
      guard query.from >= 1, (1...VerifyLedger.countMax).contains(query.count) else {
        throw QueryFailure(
          code: "invalid_range",
          message: "blocks begin with 1, and a page has 1 to \(VerifyLedger.countMax) of them")
      }
      return try await bus.lookUp { try LedgerVerifier.page(from: query.from, count: query.count, $0) }
    }
    service.answer(GetLedgerStatement.self) { query, bus in
      try await bus.lookUp { try StatementReader.page(query, $0) }
    }
    service.answer(GetLedgerChecks.self) { _, bus in try await bus.lookUp { try checks($0) } }
  }

  private static func checks(_ session: PostgresSession) throws -> LedgerChecks {
    let checks = try session.execute(
      "select id, differences, checked_at from ledger_audits where checked_at is not null order by id"
    ).rows.map {
      LedgerChecks.Check(
        name: try $0.string("id"), differences: try $0.int("differences"), checkedAt: try $0.date("checked_at"))
    }
    let open = try session.execute(
      "select * from ledger_differences where cleared_at is null order by found_at, id limit \(listMax)"
    ).rows.map { try PostgresRowDecoder().decode(LedgerDifferenceRow.self, from: $0) }
    let waiting = try session.execute("select count(*) as count, min(since) as since from waiting_captures").rows.first
    return LedgerChecks(
      checks: checks, open: open.map { .init(subject: $0.id, foundAt: $0.foundAt, findings: $0.findings) },
      waitingCaptures: try waiting?.int("count") ?? 0, waitingSince: try waiting?.dateIfPresent("since"))
  }
}
