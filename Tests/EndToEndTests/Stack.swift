import Foundation
import HTTPClient
import Redis
import Synchronization
import TestKit

/// Redis, Postgres, both simulators and the six services, each the real program, for a suite of tests.
final class Stack: Sendable {
  /// The simulated chain's time: rentals take seconds.
  private static let blockMilliseconds = 200
  private static let blocksUntilSolid = 5

  let folder: StackFolder
  let redis: RedisServer
  let database: StackDatabase
  /// A connection of the test's own.
  let commands: RedisConnection
  let http = HTTPClient()
  private let ports: [String: Int]
  private let parts = Mutex<[String: GuardedProcess]>([:])

  /// Starts everything; returns when it is ready and has wallets to lend from.
  static func start() async throws -> Stack {
    async let redis = RedisServer.start()
    async let database = StackDatabase.start()
    let stack = try await Stack(redis: redis, database: database)
    do {
      try await stack.startAll()
    } catch {
      try await stack.stop()
      throw error
    }
    return stack
  }

  private init(redis: RedisServer, database: StackDatabase) throws {
    self.redis = redis
    self.database = database
    folder = try StackFolder()
    commands = RedisConnection(configuration: redis.configuration)
    var ports: [String: Int] = [:]
    for part in ["tron-sim", "telegram-sim"] + ServiceKind.allCases.map(\.program) { ports[part] = try freePort() }
    self.ports = ports
  }

  private func startAll() async throws {
    for simulator in ["tron-sim", "telegram-sim"] { try launchSimulator(simulator) }
    for simulator in ["tron-sim", "telegram-sim"] { try await waitUntilUp(simulator, "/healthz") }
    for kind in ServiceKind.allCases { try launch(kind) }
    for kind in ServiceKind.allCases { try await waitUntilReady(kind) }
    try await addSuppliers()
  }

  func stop() async throws {
    for part in parts.withLock({ Array($0.values) }) { try part.kill() }
    for part in parts.withLock({ Array($0.values) }) { _ = await part.ended() }
    await http.close()
    await commands.close()
    try await redis.stop()
    try await database.stop()
    try await folder.remove()
  }

  // MARK: - Where the parts are

  func address(_ part: String) -> String { "127.0.0.1:\(ports[part] ?? 0)" }
  func api(_ part: String, bearer: String? = nil) -> API {
    API(base: "http://" + address(part), http: http, bearer: bearer)
  }
  func api(_ kind: ServiceKind) -> API { api(kind.program) }
  var chain: Chain { Chain(api: api("tron-sim")) }
  var books: Books { Books(database: database) }

  // MARK: - Starting, killing

  /// As `kill -9` does; returns when the process is gone.
  func kill(_ kind: ServiceKind) async throws {
    guard let process = parts.withLock({ $0[kind.program] }) else { throw StackError("\(kind) does not run") }
    try await process.end()
  }

  func restart(_ kind: ServiceKind) async throws {
    try launch(kind)
    try await waitUntilReady(kind)
  }

  /// One more process of a service, beside the one that runs; returns its name for `kill(replica:)`.
  func addReplica(of kind: ServiceKind) async throws -> String {
    let name = kind.program + "-2"
    let address = "127.0.0.1:\(try freePort())"
    try start(name, try Executables.path(kind.program), [], environment(of: kind, address: address))
    let api = API(base: "http://" + address, http: http)
    try await eventually(within: .seconds(60), "\(name) is ready") { try await api.isUp("/readyz") }
    return name
  }

  func kill(replica: String) async throws {
    guard let process = parts.withLock({ $0.removeValue(forKey: replica) }) else {
      throw StackError("\(replica) does not run")
    }
    try await process.end()
  }

  /// Runs energyctl to its end; returns what it printed, standard error included.
  @discardableResult
  func energyctl(_ arguments: String...) async throws -> String { try await energyctl(arguments) }

  @discardableResult
  func energyctl(_ arguments: [String]) async throws -> String {
    let log = folder.log("energyctl-" + UUID().uuidString)
    let process = try GuardedProcess.start(
      [try Executables.path("energyctl")] + arguments, environment: operatorEnvironment, log: log)
    let status = await process.ended()
    let output = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    guard status == 0 else { throw StackError("energyctl \(arguments.first ?? "") ended with \(status): \(output)") }
    return output
  }

  // MARK: -

  private func launch(_ kind: ServiceKind) throws {
    try start(
      kind.program, try Executables.path(kind.program), [], environment(of: kind, address: address(kind.program)))
  }

  private func launchSimulator(_ name: String) throws {
    var arguments = ["--address", address(name), "--data", "\(folder.path)/\(name)"]
    if name == "tron-sim" {
      arguments += ["--block-interval-ms", "\(Self.blockMilliseconds)", "--solid-after", "\(Self.blocksUntilSolid)"]
    }
    try start(name, try Executables.path(name), arguments, [:])
  }

  private func start(_ name: String, _ program: String, _ arguments: [String], _ environment: [String: String]) throws {
    let process = try GuardedProcess.start([program] + arguments, environment: environment, log: folder.log(name))
    parts.withLock { $0[name] = process }
  }

  private func waitUntilReady(_ kind: ServiceKind) async throws { try await waitUntilUp(kind.program, "/readyz") }

  private func waitUntilUp(_ part: String, _ path: String) async throws {
    try await eventually(within: .seconds(60), "\(part) answers \(path)") {
      guard let process = parts.withLock({ $0[part] }), process.isRunning else {
        throw StackError("\(part) ended: \(parts.withLock { $0[part]?.logTail ?? "" })")
      }
      return try await api(part).isUp(path)
    }
  }
}
