import Foundation
import Postgres

/// How a run of an effect ended that went well.
struct EffectEnd: Sendable {
  let effect: UUID
  let token: UUID
  /// nil: the effect is done. Else it waits so long by its own wish: it goes behind the others of its order key, and
  /// its attempts begin anew.
  let again: Duration?
}

extension EffectStore {
  /// Ends many runs at once. The first statement locks, in the order of their ids, the rows whose lease is still held,
  /// and answers with these, and whether another of the order key waits; the others change just these.
  /// - Returns: how many statements were queued.
  static func enqueueEnds(_ ends: [EffectEnd], in session: PostgresSession) throws -> Int {
    guard !ends.isEmpty else { return 0 }
    try session.enqueue(
      """
      select effects.id, lease_token, (
        select true from effects as other
        where other.order_key = effects.order_key and other.state = 'pending' and other.id <> effects.id
        order by other.order_key, other.place, other.seq limit 1) is not null as has_successor
      from effects
      join unnest($1::uuid[], $2::uuid[]) as held (id, token) on effects.id = held.id and lease_token = held.token
      where effects.id = any($1) order by effects.id for update of effects
      """, [.uuidArray(ends.map(\.effect)), .uuidArray(ends.map(\.token))])
    var statements = 1
    let done = ends.filter { $0.again == nil }
    if !done.isEmpty {
      statements += 1
      try session.enqueue(
        """
        delete from effects using unnest($1::uuid[], $2::uuid[]) as held (id, token)
        where effects.id = held.id and lease_token = held.token and effects.id = any($1)
        """, [.uuidArray(done.map(\.effect)), .uuidArray(done.map(\.token))])
    }
    let waiting = ends.compactMap { end in end.again.map { (end, max(.zero, min($0, Wait.longest))) } }
    if !waiting.isEmpty {
      statements += 1
      try session.enqueue(
        """
        update effects set next_at = clock_timestamp() + held.wait * interval '1 ms', lease_until = null,
          lease_token = null, last_error = '', attempts = 0, throttles = 0,
          place = nextval(pg_get_serial_sequence('effects', 'seq'))
        from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as held (id, token, wait)
        where effects.id = held.id and lease_token = held.token and effects.id = any($1)
        """,
        [
          .uuidArray(waiting.map(\.0.effect)), .uuidArray(waiting.map(\.0.token)),
          .intArray(waiting.map(\.1.milliseconds)),
        ])
    }
    return statements
  }
}
