import BusKit
import Contracts
import Foundation
import Postgres

/// How far the journal is sealed. One row, and the lease of whoever seals.
struct SealHead: Sendable, Equatable {
  let epoch: Int64
  /// Of the cluster in which the epoch's transaction ids were given.
  let system: String
  /// Lines up to this number are sealed by number.
  let opening: Int64
  /// How far that has come.
  var cursor: Int64
  /// The newest block, 0 while there is none.
  var block: Int64
  var hash: String
  /// What the newest block saw; the epoch's beginning while it has none of commits.
  var snapshot: CommitSnapshot
  /// The highest number of a line in any block.
  var lastLine: Int64
  /// Why nothing is sealed; it stays until an epoch begins.
  var trouble: String
  let lookedAt: Date
  let sealedBefore: BlockLines.SealedBefore

  var isOpening: Bool { cursor < opening }

  private static let select = """
    select h.epoch, h.block, encode(h.hash, 'hex') as hash, h.snapshot::text as snapshot, h.cursor_line, h.last_line,
      h.trouble, h.looked_at, e.system, e.opening_line, p.closed_cursor, p.opening_line as before_opening,
      p.closed_line, p.closed_snapshot::text as closed_snapshot
    from ledger_head h join ledger_epochs e on e.number = h.epoch left join ledger_epochs p on p.number = h.epoch - 1
    where h.id = 'head'
    """

  static func read(_ session: PostgresSession) throws -> SealHead {
    guard let row = try session.execute(select).rows.first else { throw SealError.noHead }
    return try SealHead(row)
  }

  /// For the rest of the transaction.
  /// - Parameter waits: false: nil when somebody else has it.
  static func lock(waits: Bool, _ session: PostgresSession) throws -> SealHead? {
    let row = try session.execute(select + (waits ? " for update of h" : " for update of h skip locked")).rows.first
    guard let row else {
      if waits { throw SealError.noHead }
      return nil
    }
    return try SealHead(row)
  }

  private init(_ row: PostgresRow) throws {
    epoch = try row.int("epoch")
    system = try row.string("system")
    opening = try row.int("opening_line")
    cursor = try row.int("cursor_line")
    block = try row.int("block")
    hash = try row.string("hash")
    snapshot = try Self.snapshot(try row.string("snapshot"))
    lastLine = try row.int("last_line")
    trouble = try row.string("trouble")
    lookedAt = try row.date("looked_at")
    sealedBefore = try Self.sealedBefore(row)
  }

  static func sealedBefore(_ row: PostgresRow) throws -> BlockLines.SealedBefore {
    guard let closed = try row.stringIfPresent("closed_snapshot") else { return BlockLines.SealedBefore() }
    return BlockLines.SealedBefore(
      cursor: try row.int("closed_cursor"), above: try row.int("before_opening"), through: try row.int("closed_line"),
      snapshot: try snapshot(closed))
  }

  static func snapshot(_ text: String) throws -> CommitSnapshot {
    guard let snapshot = CommitSnapshot(text) else { throw SealError.unreadableSnapshot(text) }
    return snapshot
  }

  func save(_ session: PostgresSession) throws {
    try session.enqueue(
      """
      update ledger_head set block = $1, hash = decode($2, 'hex'), snapshot = $3::pg_snapshot, cursor_line = $4,
        trouble = $5, last_line = $6, looked_at = clock_timestamp() where id = 'head'
      """, [.int(block), .text(hash), .text(snapshot.text), .int(cursor), .text(trouble), .int(lastLine)])
  }
}

/// Why nothing is sealed, as a unit of work reads it; empty: all is well.
struct SealTroubleRow: Row {
  static let table = "ledger_head"
  private static let head = "head"
  /// Without a lock: the sealer takes the row each second.
  static let need = Need.reading(SealTroubleRow.self, head)

  let id: String
  let trouble: String

  var rowKey: String { id }

  static func isStopped(_ unit: UnitOfWork) throws -> Bool {
    try unit.find(SealTroubleRow.self, head)?.trouble.isEmpty == false
  }
}

enum SealError: Error, CustomStringConvertible {
  case noHead
  case unreadableSnapshot(String)

  var description: String {
    switch self {
    case .noHead: "ledger_head has no row: restore it from a backup; without it nothing can be sealed"
    case .unreadableSnapshot(let text): "'\(text)' is no snapshot of Postgres; restore the row that holds it"
    }
  }
}
