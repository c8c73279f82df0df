/// Why a statement, a transaction or a conversion failed. The description holds no row data: the server's DETAIL is
/// dropped, and so is the offending value that data exceptions (class 22) quote.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: Sendable, Hashable {
    /// The server refused; the five characters are its SQLSTATE.
    case server(sqlState: String)
    /// The server cannot be reached or went away. An open transaction is rolled back by the server.
    case connection
    /// The connection was lost while the commit was on its way: the transaction may or may not have happened.
    case commitUnknown
    /// The pool was closed by its owner.
    case closed
    /// A column is missing, null, or not of the type asked for.
    case decoding
    /// A value that Postgres cannot store, e.g. text with a NUL character.
    case encoding
    /// Too many callers wait, or too many statements are enqueued.
    case limit
    /// The session was used against its rules, e.g. a transaction inside a transaction.
    case misuse
    /// The schema's migrations do not fit those of the program.
    case migration
  }

  /// What went wrong, for programs.
  public let code: Code
  /// What went wrong, for people.
  public let message: String
  /// The constraint that refused, if the server named one.
  public let constraint: String?
  /// The table concerned, if the server named one.
  public let table: String?

  /// The server cannot read or write its files: the disk or a quota is full, a file may not grow, the device fails. It
  /// is so for everybody.
  public let isStorageFailure: Bool

  public init(
    _ code: Code, _ message: String, constraint: String? = nil, table: String? = nil, isStorageFailure: Bool = false
  ) {
    self.code = code
    self.message = message
    self.constraint = constraint
    self.table = table
    self.isStorageFailure = isStorageFailure
  }

  /// The server's five characters; nil when the server did not say it.
  public var sqlState: String? {
    if case .server(let state) = code { state } else { nil }
  }

  /// Deadlock or serialization failure: running the same transaction again is the remedy.
  public var isRetryable: Bool { sqlState == "40P01" || sqlState == "40001" }
  /// A statement was prepared before its table changed, as when the next release migrates beside this one. The session
  /// forgets what it has prepared: running the same transaction again is the remedy.
  public var isStalePlan: Bool { sqlState == "0A000" || sqlState == "26000" }
  /// A row with this key exists.
  public var isUniqueViolation: Bool { sqlState == "23505" }
  /// A lock was not given in time.
  public var isLockTimeout: Bool { sqlState == "55P03" }
  /// The statement took too long, or was cancelled.
  public var isStatementTimeout: Bool { sqlState == "57014" }

  /// True also for `.commitUnknown`, and for the refusals that a server gives while it ends a session or starts up.
  public var isConnectionLoss: Bool {
    switch code {
    case .connection, .commitUnknown: true
    case .server(let state): state.hasPrefix("08") || state.hasPrefix("57P") || state == "25P03"
    default: false
    }
  }

  public var description: String {
    let kind = if case .server(let state) = code { state } else { "\(code)" }
    return "Postgres \(kind): \(message)"
  }
}
