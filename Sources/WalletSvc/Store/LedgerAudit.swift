import Contracts
import Foundation
import Postgres

/// Compares the ledger with itself: balances equal the journal's lines, what is held equals the open holds, nobody is
/// below zero, every currency's accounts sum to zero. Each check sees one moment and locks nobody out.
enum LedgerAudit {
  /// The most findings of one check.
  static let findingsMax = 100

  /// What a check begins from: accounts changed at this time or touched by blocks behind this one.
  struct Since: Sendable, Equatable {
    var time: Date
    var block: Int64
  }

  /// One moment for all statements, planned for keys.
  static func begin(_ session: PostgresSession) throws {
    try session.enqueue("set transaction isolation level repeatable read")
    try session.enqueue("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
  }

  /// The accounts that were touched. The cost follows the traffic, not the ledger's age: every table is read by key.
  static func recent(since: Since, _ session: PostgresSession) throws -> [LedgerFinding] {
    try decode(try session.execute(recentSQL, [.timestamp(since.time), .int(since.block)]))
  }

  /// Customers whose balances changed, whose accounts are in blocks behind the last check's or in unsealed lines, who
  /// are frozen, and who were cleared: for these everything is compared.
  static let recentSQL = """
    with \(LedgerTotals.tails),
    named as (
      select account from account_totals where through_block > $2 union select account from tails),
    touched as materialized (
      select split_part(id, '/', 1) as customer from accounts where updated_at > $1
      union select split_part(account, ':', 2) from named where account like 'customer:%' or account like 'held:%'
      union select id from ledger_freezes where id <> '*'
      union select id from ledger_differences where cleared_at > $1 and id not in ('*', 'sealing')),
    wanted as (
      select customer, place || customer as account, currency, place = 'held:' as is_held,
        customer || case currency when 'TRX' then '' else '/' || currency end as id
      from touched cross join (values ('customer:'), ('held:')) places (place)
        cross join (values ('TRX'), ('USDT')) currencies (currency)),
    compared as materialized (
      select w.*,
        coalesce((select case when w.is_held then a.held else a.available end from accounts a where a.id = w.id), 0)
          as balance,
        coalesce((select t.total from account_totals t where t.account = w.account and t.currency = w.currency), 0)
          + coalesce(x.delta, 0) as total
      from wanted w left join tails x on x.account = w.account and x.currency = w.currency),
    held as materialized (
      select c.*, (select coalesce(sum(h.amount), 0) from holds h where h.customer = c.customer and h.state = 'held')
        as open from compared c where c.is_held)
    select 'balance' as kind, account, currency, total::text as expected, balance::text as found
      from compared where balance <> total
    union all select 'negative', account, currency, '0', total::text from compared where total < 0
    union all select 'open_holds', account, currency, open::text, balance::text
      from held where balance <> open and currency = 'TRX'
    union all select 'sum', '', currency, '0', total::text from ledger_sums where total <> 0
    order by kind, account, currency limit \(findingsMax)
    """

  static func decode(_ result: PostgresResult) throws -> [LedgerFinding] {
    try result.rows.map { row in
      let kind = try row.string("kind")
      guard let known = LedgerFinding.Kind(rawValue: kind) else {
        throw PostgresError(.encoding, "'\(kind)' is no kind of finding.")
      }
      return LedgerFinding(
        known, account: try row.string("account"), currency: Currency(rawValue: try row.string("currency")),
        expected: try row.string("expected"), found: try row.string("found"))
    }
  }
}
