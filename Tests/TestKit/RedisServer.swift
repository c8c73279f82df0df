import Foundation
import Redis
import Synchronization

/// A redis-server of a test's own, in a temporary folder that goes with it.
public final class RedisServer: Sendable {
  private let folder: String
  private let arguments: [String]
  private let address: RedisAddress
  private let process: Mutex<GuardedProcess>
  /// Removes the folder when this object or the test process ends; the server itself may be killed and restarted.
  private let janitor: GuardedProcess

  /// Starts a server with the append-only file on, on a unix socket unless `tcp` asks for a port.
  /// - Parameter arguments: more of redis-server's command line, e.g. `["--appendfsync", "always"]`.
  public static func start(arguments: [String] = [], tcp: Bool = false) async throws -> RedisServer {
    let folder = try TemporaryFolder.make("energy-redis")
    let address: RedisAddress =
      tcp ? .tcp(host: "127.0.0.1", port: try freePort()) : .unix(path: "\(folder)/redis.sock")
    let place =
      switch address {
      case .tcp(_, let port): ["--port", String(port), "--bind", "127.0.0.1"]
      case .unix(let path): ["--port", "0", "--unixsocket", path]
      }
    let base = ["--dir", folder, "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    let program = try Programs.find("redis-server", in: [])
    let server = try RedisServer(folder, [program] + place + base + arguments, address)
    try await server.untilReady()
    return server
  }

  private static let sharing = SharedServer<RedisServer> { try await RedisServer.start() }

  /// One server for the whole test process; give keys a prefix of your own.
  public static func shared() async throws -> RedisServer { try await sharing.get() }

  private init(_ folder: String, _ arguments: [String], _ address: RedisAddress) throws {
    self.folder = folder
    self.arguments = arguments
    self.address = address
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: folder)
    process = Mutex(try Self.launch(arguments, folder))
  }

  public var configuration: RedisConfiguration { RedisConfiguration(address: address) }

  /// Lends a connection and closes it afterwards.
  public func withConnection<T: Sendable>(
    _ configure: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisConnection) async throws -> T
  ) async throws -> T {
    var configuration = configuration
    configure(&configuration)
    let connection = RedisConnection(configuration: configuration)
    do {
      let value = try await body(connection)
      await connection.close()
      return value
    } catch {
      await connection.close()
      throw error
    }
  }

  /// For `ENERGY_REDIS_URL`.
  public var url: String { "\(address)" }

  /// As `kill -9` does: nothing is flushed that was not.
  public func kill9() async throws {
    let current = process.withLock { $0 }
    try await current.end()
  }

  /// Starts again after `kill9`, on the same address and files.
  public func restart() async throws {
    try process.withLock { $0 = try Self.launch(arguments, folder) }
    try await untilReady()
  }

  public func stop() async throws { try await kill9() }

  private static func launch(_ arguments: [String], _ folder: String) throws -> GuardedProcess {
    try GuardedProcess.start(arguments, log: "\(folder)/redis.log")
  }

  private func untilReady() async throws {
    let connection = RedisConnection(configuration: configuration)
    do {
      try await eventually(within: .seconds(20), "redis-server answers") {
        let current = process.withLock { $0 }
        guard current.isRunning else { throw TestKitError("redis-server ended: \(current.logTail)") }
        do {
          return try await connection.send(RedisCommand("PING")).string == "PONG"
        } catch let error as RedisError {
          // It may want a password, and says so.
          return "\(error)".contains("NOAUTH")
        } catch let error as RedisServerError where error.prefix == "LOADING" {
          return false
        }
      }
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }
}
