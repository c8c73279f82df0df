import Postgres

extension PostgresError {
  /// The database is away, full or read-only: nobody's attempt, to be waited out.
  ///
  /// A session ended for idling in its transaction (25P03) is not: there the unit of work itself took too long, and
  /// would again.
  var isOutage: Bool { sqlState != "25P03" && (isConnectionLoss || isRefusalOfEverybody) }

  /// The server is there and refuses everybody alike: disk full, too many connections, read-only after a failover.
  var isRefusalOfEverybody: Bool { ["53100", "53300", "25006"].contains(sqlState) }
}
