import Contracts
import Postgres

/// Which lines of the journal a block holds.
enum BlockLines: Sendable, Equatable {
  /// Those that `bound` sees and `base` does not, above the epoch's opening and, once it is over, up to its last line.
  /// A transaction that commits late is in a later block, never in a sealed one, and nobody waits for it.
  case commits(base: CommitSnapshot, bound: CommitSnapshot, above: Int64, through: Int64)
  /// By number, without those that an earlier epoch had sealed.
  case opening(after: Int64, through: Int64, sealed: SealedBefore)

  /// The lines that are sealed when an epoch begins.
  struct SealedBefore: Sendable, Equatable {
    /// All up to here.
    var cursor: Int64 = 0
    /// And of those behind `above`, up to `through`, what `snapshot` sees.
    var above: Int64 = 0
    var through: Int64 = 0
    var snapshot = CommitSnapshot(xmax: 1, open: [])
  }

  /// As it is hashed.
  var text: String {
    switch self {
    case .commits(let base, let bound, let above, _): "commits \(base.text) \(bound.text) above \(above)"
    case .opening(let after, let through, _): "opening \(after) \(through)"
    }
  }

  /// Uses journal_xid or the primary key. (`+ 0`: lines of commits are never looked for by number.)
  private func select(_ columns: String) -> String {
    switch self {
    case .commits:
      """
      select \(columns) from journal j
        where j.xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))
          and pg_visible_in_snapshot(j.xid, $2::pg_snapshot) and j.number + 0 > $3 and j.number + 0 <= $4
      union all
      select \(columns) from journal j
        where j.xid >= pg_snapshot_xmax($1::pg_snapshot) and j.xid < pg_snapshot_xmax($2::pg_snapshot)
          and pg_visible_in_snapshot(j.xid, $2::pg_snapshot) and j.number + 0 > $3 and j.number + 0 <= $4
      """
    case .opening:
      """
      select \(columns) from journal j where j.number > $1 and j.number <= $2 and not (j.number <= $3
        or (j.number > $4 and j.number <= $5 and pg_visible_in_snapshot(j.xid, $6::pg_snapshot)))
      """
    }
  }

  private var parameters: [PostgresValue] {
    switch self {
    case .commits(let base, let bound, let above, let through):
      [.text(base.text), .text(bound.text), .int(above), .int(through)]
    case .opening(let after, let through, let sealed):
      [
        .int(after), .int(through), .int(sealed.cursor), .int(sealed.above), .int(sealed.through),
        .text(sealed.snapshot.text),
      ]
    }
  }

  /// What is hashed of the lines.
  struct Digest: Sendable, Equatable {
    let lines: Int64
    let first: Int64
    let last: Int64
    /// SHA-256 over the lines' hashes in the order of their numbers, in hex.
    let content: String
    /// Of each line its number and the first 8 bytes of its hash: what tells which one has changed.
    let marks: [UInt8]
  }

  /// nil when there is no line.
  func digest(withMarks: Bool, _ session: PostgresSession) throws -> Digest? {
    let marks = withMarks ? "string_agg(int8send(number) || substring(hash for 8), '' order by number)" : "''::bytea"
    let row = try session.execute(
      """
      with lines as materialized (\(select("j.number, ledger_line_hash(j) as hash")))
      select count(*) as lines, min(number) as first, max(number) as last,
        encode(sha256(string_agg(hash, '' order by number)), 'hex') as content,
        \(marks) as marks from lines
      """, parameters
    ).rows.first
    guard let row, let content = try row.stringIfPresent("content") else { return nil }
    return Digest(
      lines: try row.int("lines"), first: try row.int("first"), last: try row.int("last"), content: content,
      marks: try row.bytes("marks"))
  }

  /// Of blocks of commits, by their numbers, in one statement; nothing where there is no line.
  static func digests(
    _ blocks: [(number: Int64, lines: BlockLines)], _ session: PostgresSession
  ) throws -> [Int64: Digest] {
    var (numbers, aboves, throughs): ([Int64], [Int64], [Int64]) = ([], [], [])
    var (bases, bounds): ([String], [String]) = ([], [])
    for block in blocks {
      guard case .commits(let base, let bound, let above, let through) = block.lines else { continue }
      numbers.append(block.number)
      bases.append(base.text)
      bounds.append(bound.text)
      aboves.append(above)
      throughs.append(through)
    }
    guard !numbers.isEmpty else { return [:] }
    let rows = try session.execute(
      """
      select b.number as block, d.* from unnest($1::bigint[], $2::text[]::pg_snapshot[], $3::text[]::pg_snapshot[],
        $4::bigint[], $5::bigint[]) as b (number, base, bound, above, through)
      cross join lateral (
        select count(*) as lines, min(l.number) as first, max(l.number) as last,
          encode(sha256(string_agg(l.hash, '' order by l.number)), 'hex') as content
        from (
          select j.number, ledger_line_hash(j) as hash from pg_snapshot_xip(b.base) as open (xid)
            join journal j on j.xid = open.xid
            where pg_visible_in_snapshot(j.xid, b.bound) and j.number + 0 > b.above and j.number + 0 <= b.through
          union all
          select j.number, ledger_line_hash(j) from journal j
            where j.xid >= pg_snapshot_xmax(b.base) and j.xid < pg_snapshot_xmax(b.bound)
              and pg_visible_in_snapshot(j.xid, b.bound) and j.number + 0 > b.above and j.number + 0 <= b.through) l) d
      where d.lines > 0
      """,
      [.intArray(numbers), .textArray(bases), .textArray(bounds), .intArray(aboves), .intArray(throughs)]
    ).rows
    return try rows.reduce(into: [:]) { digests, row in
      digests[try row.int("block")] = Digest(
        lines: try row.int("lines"), first: try row.int("first"), last: try row.int("last"),
        content: try row.string("content"), marks: [])
    }
  }

  /// Adds what the lines move to each account's total.
  func addTotals(block: Int64, _ session: PostgresSession) throws {
    let number = parameters.count + 1
    try session.enqueue(
      """
      with lines as materialized (\(select("j.debit, j.credit, j.currency, j.amount")))
      insert into account_totals as t (account, currency, total, credited, debited, through_block)
        select account, currency, sum(credited - debited), sum(credited), sum(debited), $\(number)::bigint
        from (select credit as account, currency, amount as credited, 0 as debited from lines
          union all select debit, currency, 0, amount from lines) moved
        group by account, currency order by account, currency
      on conflict (account, currency) do update
        set total = t.total + excluded.total, credited = t.credited + excluded.credited,
          debited = t.debited + excluded.debited, through_block = excluded.through_block
      """, parameters + [.int(block)])
  }

  /// The most transactions of which the lines fit into one block: nil when all fit.
  static func cut(
    base: CommitSnapshot, bound: CommitSnapshot, above: Int64, linesMax: Int, _ session: PostgresSession
  ) throws -> CommitSnapshot? {
    let row = try session.execute(
      """
      with opened as (
        select j.xid from journal j
          where j.xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))
            and pg_visible_in_snapshot(j.xid, $2::pg_snapshot) and j.number + 0 > $3 limit $4),
      begun as (
        select j.xid from journal j
          where j.xid >= pg_snapshot_xmax($1::pg_snapshot) and j.xid < pg_snapshot_xmax($2::pg_snapshot)
            and pg_visible_in_snapshot(j.xid, $2::pg_snapshot) and j.number + 0 > $3 order by j.xid limit $4)
      select count(*) as lines, min(xid::text::bigint) as lowest, max(xid::text::bigint) as highest
        from (select xid from (table opened union all table begun) l order by xid limit $4) limited
      """, [.text(base.text), .text(bound.text), .int(above), .int(linesMax + 1)]
    ).rows.first
    guard let row, try row.int("lines") > linesMax else { return nil }
    let (lowest, highest) = (UInt64(try row.int("lowest")), UInt64(try row.int("highest")))
    // One transaction stays in one block, however many lines it has.
    return bound.cut(before: lowest == highest ? highest + 1 : highest, keeping: base)
  }
}
