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
    let bound = try query.from.map { try number(before: $0, session) } ?? 0
    let lines = try lines(query, above: bound, session)
    let opening = query.after == nil ? try opening(query, above: bound, session) : nil
    if lines.isEmpty, query.after == nil, try !exists(query.account, session) {
      throw QueryFailure(
        code: "no_account",
        message: "no line of the journal names '\(query.account.prefix(80))': give cus_…, held:cus_…, or one of "
          + "\(LedgerAccount.ours.map(\.name).joined(separator: ", "))")
    }
    return LedgerStatementPage(
      opening: opening, lines: Array(lines.prefix(query.limit)), hasMore: lines.count > query.limit)
  }

  /// So far the database's clock may have gone back.
  private static let clockMargin: TimeInterval = 3600

  /// A number below those of all lines of this moment and later: whatever was in a block before then had its number
  /// before. Uses ledger_blocks_sealed.
  private static func number(before moment: Date, _ session: PostgresSession) throws -> Int64 {
    try session.execute(
      "select last_line from ledger_blocks where sealed_at < $1 order by sealed_at desc limit 1",
      [.timestamp(moment.addingTimeInterval(-clockMargin))]
    ).rows.first?.int("last_line") ?? 0
  }

  /// One more than asked for.
  private static func lines(
    _ query: GetLedgerStatement, above bound: Int64, _ session: PostgresSession
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
        .text(query.account), .text(query.currency.rawValue), .int(max(query.after ?? 0, bound)),
        .timestamp(query.from ?? earliest), .timestamp(query.to ?? latest), .int(query.limit + 1),
      ]
    ).rows.map { row in
      let action = try row.stringIfPresent("action").map {
        try MessageCoder.decode(BookedAction.self, from: Array($0.utf8))
      }
      return LedgerStatementLine(
        number: try row.int("number"), at: try row.date("created_at"), kind: try row.string("kind"),
        id: try row.string("id"), counterAccount: try row.string("counter"), amount: try row.int("amount"),
        order: try row.stringIfPresent("order_id").map { OrderID(text: $0) }, actor: action?.actor,
        reason: action?.reason, approvedBy: action?.approval?.actor)
    }
  }

  private static let earliest = Date(timeIntervalSince1970: 0)
  /// The year 9000.
  private static let latest = Date(timeIntervalSince1970: 221_845_392_000)

  /// From what the account has now, less the lines since then, where these are the shorter way.
  private static func opening(
    _ query: GetLedgerStatement, above bound: Int64, _ session: PostgresSession
  ) throws -> Int64 {
    guard let from = query.from else { return 0 }
    if try bound > SealHead.read(session).lastLine / 2, try LedgerTotals.isComplete(session) {
      let now = try LedgerTotals.balances(of: [query.account], query.currency, session)[query.account] ?? 0
      let since = try session.execute(
        """
        select (coalesce((select sum(amount) from journal
            where credit = $1 and number > $4 and currency = $2 and created_at >= $3), 0)
          - coalesce((select sum(amount) from journal
            where debit = $1 and number > $4 and currency = $2 and created_at >= $3), 0))::bigint as total
        """, [.text(query.account), .text(query.currency.rawValue), .timestamp(from), .int(bound)]
      ).rows.first?.int("total") ?? 0
      return now - since
    }
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
