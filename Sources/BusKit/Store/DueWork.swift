import Postgres

/// Which tables of the bus hold something whose time has come. One statement for all of them: most looks of a process
/// find nothing.
struct DueWork: Sendable, Equatable {
  /// Messages that wait longer to be sent than their own process takes.
  var hasMessages: Bool
  /// Effects that nobody runs. They may still wait for others of their order key.
  var hasEffects: Bool
  var hasParked: Bool

  /// In a transaction of its own, which costs no more: it travels with the statement. As in `EffectStore.take`, the
  /// orders and the transaction's way of planning leave the planner the indexes alone, however small the tables were.
  /// - Parameter kinds: of effects.
  static func read(_ kinds: [String], in session: PostgresSession) throws -> DueWork {
    let row = try session.transaction {
      try session.enqueuePlansByKey()
      return try session.executeCommitting(statement, [.textArray(kinds)]).rows.first
    }
    guard let row else { throw InvariantViolation("Postgres did not say what is due") }
    return DueWork(
      hasMessages: try row.bool("messages"), hasEffects: try row.bool("effects"), hasParked: try row.bool("parked"))
  }

  private static let statement = """
    select (
        select true from outbox_queue where available_at <= statement_timestamp()
        order by available_at limit 1) is not null as messages,
      exists (
        select from unnest($1::text[]) as kind (name),
        lateral (
          select from effects
          where effects.kind = kind.name and state = 'pending' and next_at <= statement_timestamp()
            and (lease_until is null or lease_until < statement_timestamp())
          order by next_at limit 1) as first) as effects,
      (
        select true from parked
        where available_at <= statement_timestamp()
          and (lease_until is null or lease_until < statement_timestamp())
        order by available_at limit 1) is not null as parked
    """
}
