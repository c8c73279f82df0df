import Postgres

/// Compares the ledger with itself: entries sum to zero, balances equal their entries, what is held equals the open
/// holds. Each is one statement, so it sees one instant.
enum LedgerAudit {
  static let findingsMax = 100

  /// One line for each difference, at most `findingsMax`.
  static func findings(isFull: Bool, _ session: PostgresSession) throws -> [String] {
    try session.execute(isFull ? full : recent).rows.map {
      "\(try $0.string("subject")) is off by \(try $0.string("difference"))"
    }
  }

  /// What stands in the journal for a customer's two accounts, beside the balances that were kept.
  private static func balances(_ condition: String) -> String {
    """
    with touched as (
      select split_part(id, '/', 1) as customer, currency, available, held from accounts \(condition)),
    balances as (
      select 'customer:' || customer as account, currency, available as balance from touched
      union all select 'held:' || customer, currency, held from touched),
    compared as (
      select account, currency, balance,
        coalesce((select sum(amount) from journal where credit = account and currency = b.currency), 0)
        - coalesce((select sum(amount) from journal where debit = account and currency = b.currency), 0) as total
      from balances b)
    select account || ' (' || currency || ')' as subject, (balance - total)::text as difference
      from compared where balance <> total
    """
  }

  /// Accounts of the last ten minutes: the cost follows the traffic, not the ledger's age.
  private static let recent =
    balances("where updated_at > now() - interval '10 minutes'") + """

    union all
    select 'open holds of ' || customer, (held - total)::text
      from touched cross join lateral
        (select coalesce(sum(h.amount), 0) as total from holds h where h.customer = touched.customer and h.state = 'held') s
      where held <> total and currency = 'TRX'
    limit \(findingsMax)
    """

  private static let full =
    balances("") + """

    union all
    select 'open holds of ' || coalesce(t.customer, h.customer), (coalesce(t.held, 0) - coalesce(h.total, 0))::text
      from (select * from touched where currency = 'TRX') t
      full join (select customer, sum(amount) as total from holds where state = 'held' group by customer) h
        on h.customer = t.customer
      where coalesce(t.held, 0) <> coalesce(h.total, 0)
    limit \(findingsMax)
    """
}
