/// How sessions reach their database. The description never shows the password.
public struct PostgresConfiguration: Sendable {
  /// A libpq connection string or URI without password, e.g. `host=/run/postgresql dbname=energy user=order_svc`.
  public var conninfo: String
  /// Never shown. nil: none is asked for.
  public var password: String?
  /// What `pg_stat_activity` shows.
  public var applicationName: String
  /// Schemas for unqualified names, as in `set search_path`; the role's own default if nil.
  public var searchPath: String?
  /// libpq counts whole seconds and takes at least 2.
  public var connectTimeout: Duration
  /// The server ends a statement that takes longer (57014).
  public var statementTimeout: Duration
  /// The client gives a connection up on which the server says nothing for so long while an answer is due. Statements
  /// that may take longer are run by `PostgresSession.patiently`: there it waits for five seconds more than the
  /// server lets them run.
  public var silenceMax: Duration
  /// The server ends a wait for a lock that takes longer (55P03).
  public var lockTimeout: Duration
  /// The server ends a session that holds a transaction open and does nothing (25P03).
  public var idleInTransactionTimeout: Duration

  public init(
    conninfo: String, password: String? = nil, applicationName: String, searchPath: String? = nil,
    connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(30),
    silenceMax: Duration = .seconds(10), lockTimeout: Duration = .seconds(3),
    idleInTransactionTimeout: Duration = .seconds(5)
  ) {
    self.conninfo = conninfo
    self.password = password
    self.applicationName = applicationName
    self.searchPath = searchPath
    self.connectTimeout = connectTimeout
    self.statementTimeout = statementTimeout
    self.silenceMax = silenceMax
    self.lockTimeout = lockTimeout
    self.idleInTransactionTimeout = idleInTransactionTimeout
  }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    // A password may have been written into the string against all advice, so the string itself is not shown.
    "Postgres as \(applicationName), password \(password == nil ? "none" : "•••"), schema \(searchPath ?? "default")"
  }

  public var debugDescription: String { description }

  /// `dump` and string interpolation of containers read the mirror, so it hides the password as well.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension PostgresConfiguration {
  /// How long the client waits for an answer, and how long for one that may take its time; nil: for ever.
  var patience: (usual: Duration, long: Duration?) {
    guard statementTimeout != .zero else { return (silenceMax, nil) }
    let long = statementTimeout + .seconds(5)
    return (min(silenceMax, long), long)
  }
}

extension Duration {
  var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
