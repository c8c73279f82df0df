import Foundation
import Postgres
import TestKit

@testable import BusKit
@testable import BusProbe

/// Services of `Probe` as processes of their own, on the servers of a `World`.
final class Probes: Sendable {
  private let world: World
  private let folder: String
  private let program: String
  /// Removes the folder with the logs when the test is over.
  private let janitor: GuardedProcess

  init(_ world: World) throws {
    self.world = world
    folder = "/tmp/energy-probe-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: folder)
    program = try Self.program()
  }

  /// The probe stands beside the test program.
  private static func program() throws -> String {
    let beside = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
    let folders = [beside, Bundle.main.bundleURL.path, FileManager.default.currentDirectoryPath + "/.build/debug"]
    guard let found = folders.map({ $0 + "/BusProbe" }).first(where: FileManager.default.isExecutableFile) else {
      throw TestKitError("BusProbe is in none of \(folders): build it before these tests run.")
    }
    return found
  }

  /// Starts a process without waiting for it.
  func launch(
    _ service: String, fault: Fault = .none, attemptsMax: Int = 3, idleInTransaction: Duration = .seconds(5)
  ) throws -> ProbeProcess {
    let log = "\(folder)/\(service)-\(UUID().uuidString.prefix(8)).log"
    let environment = [
      "ENERGY_REDIS_URL": world.server.url, "ENERGY_POSTGRES_URL": world.conninfo,
      "ENERGY_HTTP_ADDRESS": "127.0.0.1:0", "ENERGY_LOG_LEVEL": "info", "PROBE_SERVICE": service,
      "PROBE_FAULT": fault.rawValue, "PROBE_ATTEMPTS": "\(attemptsMax)",
      "PROBE_IDLE_IN_TRANSACTION_MS": "\(idleInTransaction.milliseconds)",
      // A crash is to be as quick as it is without a debugger.
      "SWIFT_BACKTRACE": "enable=no",
    ]
    return ProbeProcess(service, try GuardedProcess.start([program], environment: environment, log: log))
  }

  /// Starts a process and waits until it consumes.
  func start(
    _ service: String, fault: Fault = .none, attemptsMax: Int = 3, idleInTransaction: Duration = .seconds(5)
  ) async throws -> ProbeProcess {
    let process = try launch(service, fault: fault, attemptsMax: attemptsMax, idleInTransaction: idleInTransaction)
    _ = try await process.pid()
    return process
  }
}

/// One process of a service.
struct ProbeProcess: Sendable {
  private let service: String
  private let process: GuardedProcess

  init(_ service: String, _ process: GuardedProcess) {
    self.service = service
    self.process = process
  }

  var isRunning: Bool { process.isRunning }
  var logTail: String { process.logTail }

  /// Waits for its first line, `started`, which names it `SERVICE@PID-…`.
  func pid() async throws -> Int32 {
    var pid: Int32?
    try await eventually(within: .seconds(30), "\(service) starts") {
      guard process.isRunning else { throw TestKitError("\(service) ended: \(process.logTail)") }
      let text = FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) }
      guard let mark = text?.range(of: "\"\(service)@") else { return false }
      pid = text.flatMap { Int32($0[mark.upperBound...].prefix { $0.isNumber }) }
      return pid != nil
    }
    guard let pid else { throw TestKitError("\(service) does not tell its process id.") }
    return pid
  }

  func send(_ signal: Int32) async throws {
    guard kill(try await pid(), signal) == 0 else { throw TestKitError("\(service) cannot be sent signal \(signal).") }
  }

  func kill9() async throws { try await process.end() }

  /// Asks it to drain and waits for its end; returns how it ended.
  func terminate() async throws -> Int32 {
    try await send(SIGTERM)
    return await process.ended()
  }

  func ended() async -> Int32 { await process.ended() }
}
