import Foundation
import Postgres

/// A row of the schedules table.
struct ScheduleRow: Sendable {
  let name: String
  let definition: String
  let nextAt: Date
  /// How often the tick at `nextAt` has failed.
  let attempts: Int
  let retryAt: Date?

  var dueAt: Date { retryAt.map { max($0, nextAt) } ?? nextAt }
}

/// Reads and writes of the schedules table.
enum ScheduleStore {
  /// The rows by name, and Postgres' time: it alone decides what is due.
  static func read(_ names: [String], in session: PostgresSession) throws -> (now: Date, rows: [String: ScheduleRow]) {
    try session.enqueue("select clock_timestamp() as now")
    try session.enqueue(
      "select name, definition, next_at, attempts, retry_at from schedules where name = any($1)", [.textArray(names)])
    let results = try session.flush()
    guard results.count == 2, let now = try results[0].rows.first?.date("now") else {
      throw InvariantViolation("Postgres answered \(results.count) of 2 statements")
    }
    var rows: [String: ScheduleRow] = [:]
    for row in results[1].rows {
      let name = try row.string("name")
      rows[name] = ScheduleRow(
        name: name, definition: try row.string("definition"), nextAt: try row.date("next_at"),
        attempts: Int(try row.int("attempts")), retryAt: try row.dateIfPresent("retry_at"))
    }
    return (now, rows)
  }

  /// Writes a definition that is new or has changed; of replicas that start together the first one wins.
  static func register(_ name: String, _ definition: String, nextAt: Date, in session: PostgresSession) throws {
    _ = try session.execute(
      """
      insert into schedules (name, definition, next_at) values ($1, $2, $3)
      on conflict (name) do update
        set definition = excluded.definition, next_at = excluded.next_at, attempts = 0, retry_at = null,
          last_error = null
        where schedules.definition <> excluded.definition
      """, [.text(name), .text(definition), .timestamp(nextAt)])
  }

  /// Moves a schedule on by one tick. False: another replica did, or is about to.
  static func advance(_ row: ScheduleRow, to next: Date, in session: PostgresSession) throws -> Bool {
    try session.execute(
      """
      update schedules set next_at = $4, attempts = 0, retry_at = null, last_error = null
      where name = (
        select name from schedules where name = $1 and definition = $2 and next_at = $3
          and coalesce(retry_at, next_at) <= clock_timestamp()
        for update skip locked)
      """, [.text(row.name), .text(row.definition), .timestamp(row.nextAt), .timestamp(next)]
    ).affected == 1
  }

  /// Sets the time of a schedule anew. False: another replica has moved it.
  static func reset(_ row: ScheduleRow, to next: Date, in session: PostgresSession) throws -> Bool {
    try session.execute(
      """
      update schedules set next_at = $4, attempts = 0, retry_at = null, last_error = null
      where name = $1 and definition = $2 and next_at = $3
      """, [.text(row.name), .text(row.definition), .timestamp(row.nextAt), .timestamp(next)]
    ).affected == 1
  }

  /// Holds a tick that failed back, for every replica.
  static func noteFailure(
    _ row: ScheduleRow, _ error: String, attempts: Int, pause: Duration, in session: PostgresSession
  ) throws {
    _ = try session.execute(
      """
      update schedules
      set attempts = $6, retry_at = clock_timestamp() + $4 * interval '1 ms', last_error = $5
      where name = $1 and definition = $2 and next_at = $3
      """,
      [
        .text(row.name), .text(row.definition), .timestamp(row.nextAt), .int(pause.milliseconds), .text(error),
        .int(attempts),
      ])
  }
}
