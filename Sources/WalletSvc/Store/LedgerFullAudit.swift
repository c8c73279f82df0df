import BusKit
import Contracts
import Foundation
import Postgres

/// Everything made anew from the journal's lines and compared with all that is kept beside them, and the sealed blocks
/// with their lines: in steps, each a transaction of its own that takes a moment. Where it is stands in
/// `ledger_full_audit`.
enum LedgerFullAudit {
  /// Of one step: about a second.
  private static let linesMax: Int64 = 500_000
  private static let blockCountsMax: Int64 = 2_000_000
  private static let blocksMax = 1_000

  enum Step: Sendable, Equatable {
    case more
    /// At this moment, with the newest block then.
    case ended([LedgerFinding], asOf: Date, block: Int64)
  }

  /// Goes on with this run, or begins it, whatever another one has come to. Repeating the last step is harmless.
  static func step(_ run: UUID, _ session: PostgresSession) throws -> Step {
    try session.transaction {
      try lock(session)
      return try advance(run, session)
    }
  }

  /// Before the transaction's moment: whoever waits then sees what the one before has written.
  static func lock(_ session: PostgresSession) throws {
    try session.enqueue("lock table ledger_full_audit in share row exclusive mode")
    try LedgerAudit.begin(session)
  }

  /// A step, under the lock.
  static func advance(_ run: UUID, _ session: PostgresSession) throws -> Step {
    guard var audit = try FullAuditState.read(session), audit.run == run else {
      try FullAuditState.begin(run, session)
      return .more
    }
    if audit.summedLine < audit.settled.last {
      try sum(&audit, session)
    } else if audit.summedBlock < audit.lastBlock {
      try count(&audit, session)
    } else if audit.findings.isEmpty, audit.verifiedThrough < audit.lastBlock {
      try verifyNew(&audit, session)
    } else if audit.findings.isEmpty, audit.hasSlice {
      try verifySlice(&audit, session)
    } else {
      return try compare(audit, session)
    }
    try audit.save(session)
    return .more
  }

  /// A page of numbers.
  private static func sum(_ audit: inout FullAuditState, _ session: PostgresSession) throws {
    let through = min(audit.settled.last, audit.summedLine + linesMax)
    let row = try session.execute(
      """
      with lines as materialized (
        select debit, credit, currency, amount from journal j
          where j.number > $3 and j.number <= $4 and \(SettledLines.condition)),
      moved as (
        insert into ledger_audit_sums as s (account, currency, credited, debited)
          select account, currency, sum(credited), sum(debited) from (
            select credit as account, currency, amount as credited, 0 as debited from lines
            union all select debit, currency, 0, amount from lines) m
          group by account, currency
        on conflict (account, currency) do update
          set credited = s.credited + excluded.credited, debited = s.debited + excluded.debited)
      select count(*) as lines from lines
      """, Array(audit.settled.parameters.prefix(2)) + [.int(audit.summedLine), .int(through)]
    ).rows.first
    audit.lines += try row?.int("lines") ?? 0
    audit.summedLine = through
  }

  /// How many lines the blocks say that they have.
  private static func count(_ audit: inout FullAuditState, _ session: PostgresSession) throws {
    let through = min(audit.lastBlock, audit.summedBlock + blockCountsMax)
    audit.blockLines += try LedgerVerifier.sealedLines(after: audit.summedBlock, through: through, session)
    audit.summedBlock = through
  }

  /// What was not verified before. One that does not hold is looked at again the next time.
  private static func verifyNew(_ audit: inout FullAuditState, _ session: PostgresSession) throws {
    let page = try LedgerVerifier.page(
      from: audit.verifiedThrough + 1, count: blocksMax, countsLines: false, session)
    audit.add(page.faults)
    guard audit.findings.isEmpty, let last = page.blocks.last else { return }
    audit.verifiedThrough = last.number
    audit.verifiedHash = last.hash
  }

  /// Some of what was verified in earlier nights: all of it comes round again.
  private static func verifySlice(_ audit: inout FullAuditState, _ session: PostgresSession) throws {
    let page = try LedgerVerifier.page(from: audit.sliceNext, count: blocksMax, countsLines: false, session)
    audit.add(page.faults)
    guard audit.findings.isEmpty else { return }
    audit.sliceBlocks -= Int64(page.blocks.count)
    audit.sliceLines -= page.blocks.reduce(0) { $0 + $1.lines }
    audit.sliceNext = (page.blocks.last?.number ?? audit.sliceThrough) + 1
    guard audit.sliceNext > audit.sliceThrough else { return }
    audit.sliceNext = 1
    audit.sliceBlocks = 0
  }

  /// The only step whose moment counts: with the lines that came since the first one, and no longer than that takes.
  private static func compare(_ audit: FullAuditState, _ session: PostgresSession) throws -> Step {
    let now = try session.now()
    let since = try session.execute(
      "with \(SettledLines.since) select count(*) as lines from since", audit.settled.parameters
    ).rows.first?.int("lines") ?? 0
    try session.enqueue(
      """
      create temporary table full_totals (
        account text, currency text, total numeric not null, credited numeric not null, debited numeric not null,
        primary key (account, currency)) on commit drop
      """)
    try session.enqueue(
      """
      with \(SettledLines.since)
      insert into full_totals
        select account, currency, sum(credited) - sum(debited), sum(credited), sum(debited) from (
          select account, currency, credited, debited from ledger_audit_sums
          union all select credit, currency, amount, 0 from since
          union all select debit, currency, 0, amount from since) parts
        group by account, currency
      """, audit.settled.parameters)
    let head = try SealHead.read(session)
    let isComplete = try LedgerTotals.isComplete(session)
    let unsealable = isComplete ? try unsealable(audit, since: since, head, session) : nil
    // From here on every table is read as a whole.
    try session.enqueue("select set_config('enable_seqscan', 'on', true)")
    var findings = try LedgerAudit.decode(try session.execute(comparison))
    if isComplete { findings += try LedgerAudit.decode(try session.execute(totals)) }
    if let unsealable { findings.append(LedgerFinding(unsealable)) }
    return .ended(
      Array(findings.prefix(LedgerAudit.findingsMax)) + audit.findings, asOf: now, block: head.block)
  }

  private static func unsealable(
    _ audit: FullAuditState, since: Int64, _ head: SealHead, _ session: PostgresSession
  ) throws -> LedgerFault? {
    let sealed = try LedgerVerifier.sealedLines(after: audit.lastBlock, through: head.block, session)
    let tail = try session.execute("select count(*) as lines from ledger_tail").rows.first?.int("lines") ?? 0
    return LedgerVerifier.unsealable(audit.lines + since - audit.blockLines - sealed, tail: tail)
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

extension LedgerFinding {
  init(_ fault: LedgerFault) {
    self.init(.block, detail: "\(fault.block.map { "block \($0): " } ?? "")\(fault.detail)")
  }
}
