import Foundation
import Postgres

/// Sends again what a Redis that lost its memory may need, a few thousand rows at a time, so that no statement takes
/// long and new messages leave in between.
///
/// What remains to be done is written in `bus_state`, so that it goes on after a crash, and any replica may do the next
/// step. Rows keep their message id and their time of creation; the readers' inboxes absorb what they already know.
enum Resend {
  static let rowsPerStep = 2_000
  private static let (from, after, until) = ("resend_from", "resend_after", "resend_until")
  private static let lock = "hashtextextended('resend:' || current_schema(), 0)"

  /// Everything sent from a moment (an SQL expression, nothing when it is null) to now is due to be sent again. A
  /// resend that is still going on is taken over into this one.
  static func begin(from moment: String, in session: PostgresSession) throws {
    try enqueueLock(in: session)
    // From the beginning of its time: some of that may be sent twice.
    try BusState.enqueueRemoval([after], in: session)
    try session.enqueue(
      """
      insert into bus_state (key, value)
      select key, value::text from (
        select least(\(moment), (select value::timestamptz from bus_state where key = '\(from)')) as first) as point,
        lateral (values ('\(from)', point.first), ('\(until)', clock_timestamp())) as fact (key, value)
      where point.first is not null
      on conflict (key) do update set value = excluded.value
      """)
  }

  /// Does the next step. Returns how many rows it made be sent again; nil: there is nothing to do.
  static func step(limit: Int = rowsPerStep, in session: PostgresSession) throws -> Int? {
    guard try BusState.read([from], in: session)[from] != nil else { return nil }
    try enqueueLock(in: session)
    let state = try BusState.read([from, after, until], in: session)
    guard let first = state[from], let last = state[until] else { return nil }
    let place = OutboxStore.ResendPlace(
      time: first, id: state[after].flatMap { UUID(uuidString: $0) } ?? OutboxStore.ResendPlace.nobody)
    let step = try OutboxStore.resend(
      "\(OutboxStore.sentAt) < $4::timestamptz", [.text(last)], after: place, in: .sent, limit: limit, session)
    if step.count >= limit, let reached = step.reached {
      try BusState.enqueueWrite([from: reached.time, after: reached.id.text], in: session)
    } else {
      try BusState.enqueueRemoval([from, after, until], in: session)
    }
    return step.count
  }

  /// One sender-again at a time: two that go through the same rows in different orders would lock each other up.
  static func enqueueLock(in session: PostgresSession) throws {
    try session.enqueue("select pg_advisory_xact_lock(\(lock))")
  }
}
