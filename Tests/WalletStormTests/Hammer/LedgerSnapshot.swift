import Postgres

/// What must hold in every snapshot of the ledger, whatever is being written.
enum LedgerSnapshot {
  /// What does not; in a transaction that sees one instant.
  static func findings(_ session: PostgresSession) throws -> [LedgerFinding] {
    try looks.flatMap { kind, statement in
      try session.execute(statement).rows.map { row in
        LedgerFinding(kind, nil, "\(try row.string("subject")) \(try row.string("what"))")
      }
    }
  }

  static func findingsOfOneInstant(_ pool: PostgresPool) async throws -> [LedgerFinding] {
    try await pool.transaction { session in
      try session.enqueue("set transaction isolation level repeatable read, read only")
      return try findings(session)
    }
  }

  private static let totals = """
    select account, currency, sum(amount)::bigint as total from (
      select currency, credit as account, amount from journal
      union all select currency, debit, -amount from journal) m
    where account like 'customer:%' or account like 'held:%' group by account, currency
    """

  private static let kept = """
    select 'customer:' || split_part(id, '/', 1) as account, currency, available as balance from accounts
    union all select 'held:' || split_part(id, '/', 1), currency, held from accounts
    """

  private static let looks: [(LedgerFinding.Kind, String)] = [
    (
      .cache, """
      select account as subject, 'is kept as ' || coalesce(balance, 0) || ', the journal says ' || coalesce(total, 0)
        as what
      from (\(kept)) k full join (\(totals)) t using (account, currency)
      where coalesce(balance, 0) <> coalesce(total, 0)
      """
    ),
    (
      .negative, """
      select account as subject, 'is at ' || total as what from (\(totals)) t where total < 0
      """
    ),
    (
      .hold, """
      select coalesce(a.id, h.customer) as subject,
        'has ' || coalesce(a.held, 0) || ' held and open holds of ' || coalesce(h.open, 0) as what
      from (select id, held from accounts where currency = 'TRX') a
      full join (select customer, sum(amount) as open from holds where state = 'held' group by customer) h
        on h.customer = a.id
      where coalesce(a.held, 0) <> coalesce(h.open, 0)
      """
    ),
    (
      .settledTwice, """
      select order_id as subject, 'is settled by ' || string_agg(cause, ', ') as what from (
        select distinct order_id, split_part(id, '/', 1) as cause from journal
        where kind in ('capture', 'release')) s
      group by order_id having count(*) > 1
      """
    ),
  ]
}
