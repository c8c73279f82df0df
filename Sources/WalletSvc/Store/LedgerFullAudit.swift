import Contracts
import Postgres

/// Everything made anew from the journal's lines and compared with all that is kept beside them.
enum LedgerFullAudit {
  /// Of one statement: a few seconds.
  private static let linesMax: Int64 = 500_000

  /// In a transaction that sees one moment; writes to a table of its own only.
  static func findings(_ session: PostgresSession) throws -> [LedgerFinding] {
    try sum(session)
    var findings = try LedgerAudit.decode(try session.execute(comparison))
    if try LedgerTotals.isComplete(session) {
      findings += try LedgerAudit.decode(try session.execute(totals))
    }
    return Array(findings.prefix(LedgerAudit.findingsMax))
  }

  /// All lines, a page of numbers at a time: no statement runs into a limit, however long the journal is.
  private static func sum(_ session: PostgresSession) throws {
    try session.enqueue(
      """
      create temporary table full_totals (
        account text, currency text, total numeric not null, credited numeric not null, debited numeric not null,
        primary key (account, currency)) on commit drop
      """)
    let last = try session.execute("select coalesce(max(number), 0) as last from journal").rows.first?.int("last") ?? 0
    var after: Int64 = 0
    while after < last {
      _ = try session.execute(
        """
        insert into full_totals as f (account, currency, total, credited, debited)
          select account, currency, sum(credited - debited), sum(credited), sum(debited) from (
            select credit as account, currency, amount as credited, 0 as debited from journal
              where number > $1 and number <= $2
            union all select debit, currency, 0, amount from journal where number > $1 and number <= $2) lines
          group by account, currency
        on conflict (account, currency) do update
          set total = f.total + excluded.total, credited = f.credited + excluded.credited,
            debited = f.debited + excluded.debited
        """, [.int(after), .int(min(last, after + linesMax))])
      after += linesMax
    }
  }

  private static let comparison = """
    with kept as (
      select 'customer:' || split_part(id, '/', 1) as account, currency, available as balance from accounts
      union all select 'held:' || split_part(id, '/', 1), currency, held from accounts),
    lines as (select * from full_totals where account like 'customer:%' or account like 'held:%'),
    open as (select 'held:' || customer as account, sum(amount) as total from holds where state = 'held' group by 1)
    select 'balance' as kind, coalesce(k.account, l.account) as account, coalesce(k.currency, l.currency) as currency,
        coalesce(l.total, 0)::text as expected, coalesce(k.balance, 0)::text as found
      from kept k full join lines l on l.account = k.account and l.currency = k.currency
      where coalesce(l.total, 0) <> coalesce(k.balance, 0)
    union all select 'negative', account, currency, '0', total::text from lines where total < 0
    union all
    select 'open_holds', coalesce(k.account, o.account), 'TRX', coalesce(o.total, 0)::text,
        coalesce(k.balance, 0)::text
      from (select * from kept where account like 'held:%' and currency = 'TRX') k
      full join open o on o.account = k.account where coalesce(o.total, 0) <> coalesce(k.balance, 0)
    union all
    select 'sum', '', currency, '0', sum(total)::text from full_totals group by currency having sum(total) <> 0
    order by kind, account, currency limit \(LedgerAudit.findingsMax)
    """

  private static let totals = """
    with \(LedgerTotals.tails),
    kept as (
      select account, currency, sum(total) as total, sum(credited) as credited, sum(debited) as debited
      from (select account, currency, total, credited, debited from account_totals
        union all select account, currency, delta, credited, debited from tails) parts group by 1, 2)
    select 'total' as kind, coalesce(k.account, f.account) as account, coalesce(k.currency, f.currency) as currency,
        coalesce(sums.expected, 0)::text as expected, coalesce(sums.found, 0)::text as found
      from kept k full join full_totals f on f.account = k.account and f.currency = k.currency
        cross join lateral (
          values (f.total, k.total), (f.credited, k.credited), (f.debited, k.debited)) sums (expected, found)
      where coalesce(sums.expected, 0) <> coalesce(sums.found, 0)
    union all
    select 'sum', '', s.currency, coalesce(t.total, 0)::text, s.total::text
      from ledger_sums s left join (select currency, sum(total) as total from account_totals group by 1) t
        on t.currency = s.currency where s.total <> coalesce(t.total, 0)
    order by kind, account, currency limit \(LedgerAudit.findingsMax)
    """
}
