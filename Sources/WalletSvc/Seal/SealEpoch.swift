import BusKit
import Contracts
import Postgres

/// Begins an epoch where transaction ids have begun anew.
enum SealEpoch {
  enum Outcome: Sendable, Equatable {
    case begun(epoch: Int64)
    /// Sealing works.
    case notNeeded
  }

  /// Everything that is in no block is sealed by number; then sealing goes on by transaction. Writers wait for an
  /// instant: no transaction may be under way that has written a line below the opening's end.
  static func begin(_ action: OperatorAction, _ session: PostgresSession) throws -> Outcome {
    try session.transaction {
      try session.enqueue("set transaction isolation level read committed")
      guard let head = try SealHead.lock(waits: true, session) else { throw SealError.noHead }
      if try isBegun(by: action, head.epoch, session) { return .begun(epoch: head.epoch) }
      guard !head.trouble.isEmpty else { return .notNeeded }
      try session.enqueue("lock table journal in share row exclusive mode")
      let moment = try Moment.read(session)
      let json = String(decoding: try MessageCoder.encode(action), as: UTF8.self)
      // Lines of the new cluster have higher numbers than all that were sealed in the one before.
      try session.enqueue(
        """
        update ledger_epochs set closed_cursor = $2, closed_snapshot = $3::pg_snapshot,
          closed_line = coalesce((select max(last_line) from ledger_blocks where epoch = $1), 0) where number = $1
        """, [.int(head.epoch), .int(head.cursor), .text(head.snapshot.text)])
      try session.enqueue(
        """
        insert into ledger_epochs (number, system, opening_line, snapshot, action, opened_at)
        select $1, $2, coalesce(max(number), 0), $3::pg_snapshot, $4, now() from journal
        """, [.int(head.epoch + 1), .text(moment.system), .text(moment.snapshot.text), .json(json)])
      try session.enqueue(
        """
        update ledger_head set epoch = $1, snapshot = $2::pg_snapshot, cursor_line = $3, trouble = '',
          looked_at = clock_timestamp() where id = 'head'
        """, [.int(head.epoch + 1), .text(moment.snapshot.text), .int(head.cursor)])
      return .begun(epoch: head.epoch + 1)
    }
  }

  private static func isBegun(by action: OperatorAction, _ epoch: Int64, _ session: PostgresSession) throws -> Bool {
    let sql = "select 1 from ledger_epochs where number = $1 and action ->> 'key' = $2"
    return try !session.execute(sql, [.int(epoch), .text(action.key)]).rows.isEmpty
  }
}
