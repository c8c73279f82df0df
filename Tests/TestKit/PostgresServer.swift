import Foundation
import Postgres
import Synchronization

/// A Postgres cluster of a test's own, in a temporary folder that goes with it.
/// Everybody is trusted, over a unix socket only.
public final class PostgresServer: Sendable {
  private let folder: String
  private let launch: @Sendable () throws -> GuardedProcess
  private let process: Mutex<GuardedProcess>
  /// Removes the folder when this object or the test process ends; the server itself may be stopped and restarted.
  private let janitor: GuardedProcess
  private let pool: PostgresPool

  /// - Parameter settings: more of the server's settings, e.g. `["max_connections=20"]`.
  public static func start(settings: [String] = []) async throws -> PostgresServer {
    let server = try PostgresServer(settings)
    try await server.untilReady()
    return server
  }

  private static let sharing = SharedServer<PostgresServer> { try await PostgresServer.start() }

  /// One cluster for the whole test process; create a database of your own in it.
  public static func shared() async throws -> PostgresServer { try await sharing.get() }

  private init(_ settings: [String]) throws {
    folder = try TemporaryFolder.make("energy-pg")
    let folders = Programs.postgresFolders()
    let initdb = try Programs.find("initdb", in: folders)
    let postgres = try Programs.find("postgres", in: folders)
    // Postgres refuses to run as root. `exec` keeps the process id, which the guard kills.
    let script = """
      [ -d "$DATA" ] || "$INITDB" -D "$DATA" -U postgres -A trust -E UTF8 --locale=C --no-sync || exit 1
      exec "$POSTGRES" -D "$DATA" "$@"
      """
    var command = ["/bin/sh", "-c", script, "postgres"]
    if getuid() == 0 {
      try FileManager.default.setAttributes([.ownerAccountName: "postgres"], ofItemAtPath: folder)
      command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
    }
    // A test's data need not survive a power cut, so nothing waits for the disk.
    let all = [
      "listen_addresses=", "unix_socket_directories=\(folder)", "fsync=off", "full_page_writes=off",
      "synchronous_commit=off", "max_connections=300", "shared_buffers=64MB", "autovacuum=off",
    ]
    let arguments = command + (all + settings).flatMap { ["-c", $0] }
    let environment = ["INITDB": initdb, "POSTGRES": postgres, "DATA": "\(folder)/data"]
    let log = "\(folder)/postgres.log"
    launch = { try GuardedProcess.start(arguments, environment: environment, signal: "QUIT", log: log) }
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: folder)
    process = Mutex(try launch())
    pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: Self.conninfo(folder, "postgres"), applicationName: "testkit"), size: 1)
  }

  /// The superuser's connection string.
  public var conninfo: String { Self.conninfo(folder, "postgres") }

  /// The folder of the server's unix socket, for other connection strings.
  public var socketFolder: String { folder }

  /// A fresh, empty database; returns the superuser's connection string to it.
  public func createDatabase() async throws -> String {
    let name = "t_" + UUID().uuidString.lowercased().replacing("-", with: "")
    _ = try await pool.withSession { try $0.execute("create database \(name)") }
    return Self.conninfo(folder, name)
  }

  /// Runs statements as superuser in the maintenance database, e.g. to end other sessions.
  public func administer(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresResult {
    try await pool.withSession { try $0.execute(sql, parameters) }
  }

  public func stop() async throws {
    await pool.close()
    try await stopImmediately()
  }

  /// Ends the server as a crash would: sessions break off, and the next start recovers from the log. What was committed
  /// is kept only with the setting `synchronous_commit=on`.
  public func stopImmediately() async throws {
    let current = process.withLock { $0 }
    try await current.end()
  }

  /// Starts again after `stopImmediately`, on the same address and files.
  public func restart() async throws {
    try process.withLock { $0 = try launch() }
    try await untilReady()
  }

  private static func conninfo(_ folder: String, _ database: String) -> String {
    "host=\(folder) port=5432 dbname=\(database) user=postgres"
  }

  private func untilReady() async throws {
    try await eventually(within: .seconds(60), "postgres answers") {
      let current = process.withLock { $0 }
      guard current.isRunning else { throw TestKitError("postgres ended: \(current.logTail)") }
      do {
        return try await pool.withSession { try $0.execute("select 1").rows.count == 1 }
      } catch let error as PostgresError where error.isConnectionLoss {
        return false
      }
    }
  }
}
