import Contracts
import Postgres

/// What accounts have, by the journal, at the cost of what is not sealed yet: the sealed blocks' totals and the lines
/// behind them. Made in SQL, by no code that changes balances.
enum LedgerTotals {
  /// Beside the totals, what the unsealed lines move: `account`, `currency`, `delta`, and of that what is `credited`
  /// and what is `debited`.
  static let tails = """
    tail as materialized (select debit, credit, currency, amount from ledger_tail),
    tails as materialized (
      select account, currency, sum(credited - debited) as delta, sum(credited) as credited, sum(debited) as debited
      from (select credit as account, currency, amount as credited, 0 as debited from tail
        union all select debit, currency, 0, amount from tail) m
      group by account, currency)
    """

  /// Whether totals and unsealed lines are the whole journal: not while an opening is being sealed, nor while sealing
  /// has stopped.
  static func isComplete(_ session: PostgresSession) throws -> Bool {
    let head = try SealHead.read(session)
    return !head.isOpening && head.trouble.isEmpty
  }

  /// Balances of accounts by name, in the currency's smallest unit; an account without lines has none. In a transaction
  /// that sees one moment (`Bus.lookUp`).
  static func balances(
    of accounts: [String], _ currency: Currency, _ session: PostgresSession
  ) throws -> [String: Int64] {
    let rows = try session.execute(
      """
      with \(tails)
      select account, sum(total)::bigint as balance from (
        select account, total from account_totals where account = any($1) and currency = $2
        union all select account, delta from tails where account = any($1) and currency = $2) parts
      group by account
      """, [.textArray(accounts), .text(currency.rawValue)]
    ).rows
    return try rows.reduce(into: [:]) { $0[try $1.string("account")] = try $1.int("balance") }
  }
}
