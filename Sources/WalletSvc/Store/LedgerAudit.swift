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

  /// Accounts and transfers of the last ten minutes: the cost follows the traffic, not the ledger's age.
  private static let recent = """
    with touched as (select id, available, held from accounts where updated_at > now() - interval '10 minutes'),
    balances as (
      select 'customer:' || id as account, available as balance from touched
      union all select 'held:' || id, held from touched)
    select account as subject, (balance - total)::text as difference
      from balances cross join lateral
        (select coalesce(sum(e.amount), 0) as total from entries e where e.account = balances.account) s
      where balance <> total
    union all
    select 'transfer ' || t.id, sum(e.amount)::text
      from transfers t join entries e on e.transfer = t.id
      where t.created_at > now() - interval '10 minutes' group by t.id having sum(e.amount) <> 0
    union all
    select 'open holds of ' || id, (held - total)::text
      from touched cross join lateral
        (select coalesce(sum(h.amount), 0) as total from holds h where h.customer = touched.id and h.state = 'held') s
      where held <> total
    limit \(findingsMax)
    """

  private static let full = """
    with sums as (select account, sum(amount) as total from entries group by account),
    balances as (
      select 'customer:' || id as account, available as balance from accounts
      union all select 'held:' || id, held from accounts),
    open_holds as (select customer, sum(amount) as total from holds where state = 'held' group by customer)
    select coalesce(b.account, s.account) as subject,
        (coalesce(b.balance, 0) - coalesce(s.total, 0))::text as difference
      from balances b full join sums s on s.account = b.account
      where (b.account is not null or s.account like 'customer:%' or s.account like 'held:%')
        and coalesce(b.balance, 0) <> coalesce(s.total, 0)
    union all
    select 'currency ' || currency, sum(amount)::text from entries group by currency having sum(amount) <> 0
    union all
    select 'open holds of ' || coalesce(a.id, h.customer), (coalesce(a.held, 0) - coalesce(h.total, 0))::text
      from accounts a full join open_holds h on h.customer = a.id
      where coalesce(a.held, 0) <> coalesce(h.total, 0)
    limit \(findingsMax)
    """
}
