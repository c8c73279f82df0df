import Postgres

/// The journal's lines at one moment. Nobody can add one to them later, so they can be read bit by bit, in transactions
/// of their own; those that came since are found by key, and the two are the whole journal.
struct SettledLines: Sendable, Equatable {
  /// Those up to here were sealed, or will be, by number: whatever their transaction ids say.
  let opening: Int64
  let snapshot: CommitSnapshot
  /// The highest number.
  let last: Int64

  static func now(_ session: PostgresSession) throws -> SettledLines {
    let row = try session.execute(
      """
      select pg_current_snapshot()::text as snapshot, coalesce((select max(number) from journal), 0) as last,
        (select e.opening_line from ledger_head h join ledger_epochs e on e.number = h.epoch) as opening
      """
    ).rows.first
    guard let row else { throw SealError.noHead }
    return SettledLines(
      opening: try row.int("opening"), snapshot: try SealHead.snapshot(try row.string("snapshot")),
      last: try row.int("last"))
  }

  /// Of a line `j` whose number is not above `last`: the opening is `$1`, the snapshot `$2`.
  static let condition = "(j.number <= $1 or pg_visible_in_snapshot(j.xid, $2::pg_snapshot))"

  /// All other lines of the journal as `since`, given also the last as `$3`. Uses the primary key and journal_xid.
  static let since = """
    since as materialized (
      select j.number, j.debit, j.credit, j.currency, j.amount from journal j where j.number > $3
      union all
      select j.number, j.debit, j.credit, j.currency, j.amount from journal j
        where j.xid >= pg_snapshot_xmin($2::pg_snapshot) and not pg_visible_in_snapshot(j.xid, $2::pg_snapshot)
          and j.number + 0 > $1 and j.number + 0 <= $3)
    """

  var parameters: [PostgresValue] { [.int(opening), .text(snapshot.text), .int(last)] }
}
