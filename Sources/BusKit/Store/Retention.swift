import Postgres

/// How long rows of one of a service's tables are kept. A service says so with `Service.keeps(_:)`; its replicas then
/// delete what is older, the oldest first, in steps that block nobody.
///
/// Rows that a unit of work holds are passed over until the next step. Replicas take turns: two never delete from the
/// same table at once, so a long backlog costs the database as much as one replica can delete, however many there are.
///
///     service.keeps(
///       Retention(of: "conversations", for: .seconds(7 * 86_400), since: "updated_at"))
public struct Retention: Sendable {
  /// A step that was full is followed by another after this: a pause, so that other work gets its turn.
  private static let pace: Duration = .seconds(1)

  /// The table, in the service's own schema.
  public let table: String
  let sql: String
  private let batchMax: Int
  private let interval: Duration

  /// All of it is part of the program: texts from outside have no place here.
  /// - Parameters:
  ///   - table: in the service's own schema.
  ///   - age: whole seconds; rows are deleted when they are older by Postgres' clock.
  ///   - column: the time (`timestamptz`) that the age counts from. It needs an index, or each step reads the table.
  ///   - condition: SQL over the table's columns: which rows go at all; nil: all of them. A partial index on `column`
  ///     under the same condition serves.
  ///   - key: the table's primary key, one column.
  ///   - batchMax: rows of one step, at least 1.
  ///   - interval: between the looks when there is little to delete.
  public init(
    of table: String, for age: Duration, since column: String, where condition: String? = nil, key: String = "id",
    batchMax: Int = 5_000, every interval: Duration = .seconds(3600)
  ) {
    precondition(batchMax >= 1, "a step of the retention of '\(table)' has \(batchMax) rows; give at least 1")
    self.table = table
    self.batchMax = batchMax
    self.interval = interval
    // Written out, not bound: a plan for values that the planner does not know might not walk the index.
    sql = """
      delete from \(table) where \(key) in (
        select \(key) from \(table)
        where \(condition.map { "(\($0)) and " } ?? "")\(column) < now() - interval '\(age.components.seconds) seconds'
        order by \(column) limit \(batchMax) for update skip locked)
      """
  }

  /// Deletes one step's rows; returns how many. 0 as well while another replica is at it.
  public func step(in session: PostgresSession) throws -> Int {
    try session.transaction {
      let isMine = try session.execute("select \(turn) as is_mine").rows.first?.bool("is_mine") ?? false
      return isMine ? try session.execute(sql).affected : 0
    }
  }

  /// Takes the turn until the transaction ends; false: it is another's. Named after the table and its schema, as locks
  /// are the whole database's.
  var turn: String { "pg_try_advisory_xact_lock(hashtextextended('retention:\(table):' || current_schema(), 0))" }

  /// Runs until its task is cancelled or a step fails.
  func run(_ bus: Bus) async throws {
    while true {
      let deleted = try await bus.read { session in try session.patiently { try step(in: session) } }
      if deleted > 0 {
        bus.metrics.counter("energy_bus_retention_deleted_total", labels: [("table", table)]).increment(by: deleted)
        bus.logger.info("deleted old rows", metadata: ["table": "\(table)", "rows": "\(deleted)"])
      }
      try await Task.sleep(for: deleted >= batchMax ? Self.pace : interval)
    }
  }
}

extension Service {
  /// Deletes rows that are older than they are kept, as long as the service runs. A step that fails is tried again with
  /// back-off, like other work in the background.
  public mutating func keeps(_ retentions: Retention...) {
    for retention in retentions {
      background("retention of \(retention.table)") { try await retention.run($0) }
    }
  }
}
