import Crypto
import Foundation
import Postgres

/// Which messages this service has handled: one row each, written in the transaction of what they changed.
enum InboxStore {
  /// A delivery whose id has been seen with another body: two different messages claim one identity.
  struct IdentityConflict: Error, CustomStringConvertible {
    let id: UUID
    var description: String { "message \(id.text) was handled before with another body" }
  }

  /// Claims the messages of a batch. The result of `enqueueInsert` has a row for each that was not there.
  static func enqueueInsert(_ causes: [Envelope], in session: PostgresSession) throws {
    let sorted = insertOrder(causes.map(\.id)).map { causes[$0] }
    try session.enqueue(
      """
      insert into inbox (message_id, body_hash) select * from unnest($1::uuid[], $2::bytea[])
      on conflict do nothing returning message_id
      """, [.uuidArray(sorted.map(\.id)), .bytesArray(sorted.map { hash($0.body) })])
  }

  /// The positions of a batch's messages in the order of their rows: by id, so that two batches that hold the same
  /// messages wait for each other instead of locking up; then by position: of two messages that claim one id, the row
  /// goes to the one that stands first in the batch, which is the one that is applied.
  static func insertOrder(_ ids: [UUID]) -> [Int] {
    ids.indices.sorted { ids[$0] == ids[$1] ? $0 < $1 : ids[$0] < ids[$1] }
  }

  /// - Throws: `IdentityConflict` when one of these, which have been handled before, has another body now.
  static func checkBodies(of seen: [Envelope], in session: PostgresSession) throws {
    guard !seen.isEmpty else { return }
    var hashes: [UUID: [UInt8]] = [:]
    let rows = try session.execute(
      "select message_id, body_hash from inbox where message_id = any($1)", [.uuidArray(seen.map(\.id))]
    ).rows
    for row in rows { hashes[try row.uuid("message_id")] = try row.bytes("body_hash") }
    for envelope in seen {
      if let known = hashes[envelope.id], known != hash(envelope.body) { throw IdentityConflict(id: envelope.id) }
    }
  }

  /// Forgets messages that are too old to be applied again. Returns how many.
  static func delete(olderThan age: Duration, limit: Int, in session: PostgresSession) throws -> Int {
    try session.execute(
      """
      delete from inbox where message_id in (
        select message_id from inbox where handled_at < now() - $1 * interval '1 ms' limit $2)
      """, [.int(age.milliseconds), .int(limit)]
    ).affected
  }

  private static func hash(_ body: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: body)) }
}
