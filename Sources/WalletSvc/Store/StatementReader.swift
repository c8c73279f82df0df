import BusKit
import Contracts
import Foundation
import Postgres

/// An account's lines. Uses journal_debit and journal_credit.
enum StatementReader {
  static func page(_ query: GetLedgerStatement, _ session: PostgresSession) throws -> LedgerStatementPage {
    guard (1...GetLedgerStatement.limitMax).contains(query.limit) else {
      throw QueryFailure(
        code: "invalid_limit", message: "limit is \(query.limit); give 1 to \(GetLedgerStatement.limitMax)")
    }
    let lines = try lines(query, session)
    let opening = query.after == nil ? try opening(query, session) : nil
    if lines.isEmpty, query.after == nil, try !exists(query.account, session) {
      throw QueryFailure(
        code: "no_account", message: "no line of the journal names '\(query.account.prefix(80))': give cus_…, held:cus_…, "
          + "or one of \(LedgerAccount.ours.map(\.name).joined(separator: ", "))")
    }
    return LedgerStatementPage(
      opening: opening, lines: Array(lines.prefix(query.limit)), hasMore: lines.count > query.limit)
  }

  /// One more than asked for.
  private static func lines(
    _ query: GetLedgerStatement, _ session: PostgresSession
  ) throws -> [LedgerStatementLine] {
    try session.execute(
      """
      select * from (
        (select number, created_at, kind, id, debit as counter, amount, order_id, action from journal
          where credit = $1 and number > $3 and currency = $2 and created_at >= $4 and created_at < $5
          order by number limit $6)
        union all
        (select number, created_at, kind, id, credit, -amount, order_id, action from journal
          where debit = $1 and number > $3 and currency = $2 and created_at >= $4 and created_at < $5
          order by number limit $6)) lines
      order by number limit $6
      """,
      [
        .text(query.account), .text(query.currency.rawValue), .int(query.after ?? 0),
        .timestamp(query.from ?? earliest), .timestamp(query.to ?? latest), .int(query.limit + 1),
      ]
    ).rows.map { row in
      let action = try row.stringIfPresent("action").map {
        try MessageCoder.decode(OperatorAction.self, from: Array($0.utf8))
      }
      return LedgerStatementLine(
        number: try row.int("number"), at: try row.date("created_at"), kind: try row.string("kind"),
        id: try row.string("id"), counterAccount: try row.string("counter"), amount: try row.int("amount"),
        order: try row.stringIfPresent("order_id").map { OrderID(text: $0) }, actor: action?.actor,
        reason: action?.reason)
    }
  }

  private static let earliest = Date(timeIntervalSince1970: 0)
  /// The year 9000.
  private static let latest = Date(timeIntervalSince1970: 221_845_392_000)

  private static func opening(_ query: GetLedgerStatement, _ session: PostgresSession) throws -> Int64 {
    guard let from = query.from else { return 0 }
    return try session.execute(
      """
      select (coalesce((select sum(amount) from journal where credit = $1 and currency = $2 and created_at < $3), 0)
        - coalesce((select sum(amount) from journal where debit = $1 and currency = $2 and created_at < $3), 0))::bigint
        as total
      """, [.text(query.account), .text(query.currency.rawValue), .timestamp(from)]
    ).rows.first?.int("total") ?? 0
  }

  private static func exists(_ account: String, _ session: PostgresSession) throws -> Bool {
    let sql = """
      select 1 where exists (select from journal where credit = $1) or exists (select from journal where debit = $1)
      """
    return try !session.execute(sql, [.text(account)]).rows.isEmpty
  }
}
