import Postgres

/// For work that takes rows one after another, each in a transaction of its own: which errors are the fault of the one
/// row, so that it is told of and passed over, and which are everybody's, so that the work waits.
public enum RowsOwnFailure {
  /// Whether the row is the reason: it cannot be read, what it holds breaks an invariant, or Postgres refuses what is
  /// to be written for it (SQLSTATE classes 22, data, and 23, constraints). Anything else, such as a Postgres that is
  /// away, meets every row alike.
  public static func includes(_ error: any Error) -> Bool {
    switch error {
    case let error as PostgresError:
      error.code == .decoding || error.sqlState?.hasPrefix("22") == true || error.sqlState?.hasPrefix("23") == true
    case is InvariantViolation, is DecodingError, is DecodingFailure: true
    default: false
    }
  }
}
