import Postgres

extension PostgresError {
  /// The database is away, full or read-only: nobody's attempt, to be waited out.
  ///
  /// A session ended for idling in its transaction (25P03) is not: there the unit of work itself took too long, and
  /// would again.
  var isOutage: Bool { sqlState != "25P03" && (isConnectionLoss || isRefusalOfEverybody) }

  /// The server is there and refuses everybody alike: it cannot write (disk or quota full, a file size limit, an I/O
  /// error), has no file handles (53000) or connections left (53300), or is read-only after a failover (25006).
  var isRefusalOfEverybody: Bool {
    isStorageFailure || ["53000", "53100", "53300", "25006", "58030"].contains(sqlState)
  }
}
