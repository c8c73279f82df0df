import Foundation
import Synchronization
import TestKit

/// One tx-svc process that can be killed, started again, stopped and woken.
final class TxWorker: Sendable {
  let name: String
  let log: String
  let httpAddress: String
  private let folder: WorldFolder
  private let environment: [String: String]
  private let process = Mutex<GuardedProcess?>(nil)

  init(name: String, folder: WorldFolder, environment: [String: String]) throws {
    self.name = name
    self.folder = folder
    log = folder.file("\(name).log")
    httpAddress = "127.0.0.1:\(try freePort())"
    self.environment = environment.merging(["ENERGY_HTTP_ADDRESS": httpAddress]) { $1 }
  }

  func start() throws {
    // The shell leaves its process id, which `exec` keeps: signals must reach the service, not a guard around it.
    let started = try GuardedProcess.start(
      ["/bin/sh", "-c", #"echo $$ > "$PID_FILE"; exec "$0""#, try Program.path("tx-svc")],
      environment: environment.merging(["PID_FILE": pidFile]) { $1 }, log: log)
    process.withLock { $0 = started }
  }

  var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

  var logTail: String { process.withLock { $0?.logTail } ?? "(never started)" }

  /// `kill -9`; returns when the process is gone.
  func kill() async throws {
    guard let running = process.withLock({ $0 }) else { return }
    try await running.end()
  }

  func killAndRestart() async throws {
    try await kill()
    try start()
  }

  /// SIGSTOP: the process keeps all it has, connections and locks included, and does nothing.
  func freeze() throws {
    guard try freezeIfRunning() else { throw WorldError("\(name) does not run: \(logTail)") }
  }

  /// As `freeze`, for a worker that somebody else may be killing.
  /// - Returns: whether there was a process to stop.
  func freezeIfRunning() throws -> Bool { try signal(SIGSTOP) }

  /// SIGCONT. One that was killed meanwhile has nothing to wake for.
  func wake() throws { _ = try signal(SIGCONT) }

  private var pidFile: String { folder.file("\(name).pid") }

  /// - Returns: false when there is no process, or not yet.
  private func signal(_ number: Int32) throws -> Bool {
    guard isRunning else { return false }
    let text = try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let pid = pid_t(text) else { return false }
    if Glibc.kill(pid, number) == 0 { return true }
    // ESRCH: it was killed a moment ago.
    guard errno == ESRCH else {
      throw WorldError("signal \(number) to \(name) (\(pid)): \(String(cString: strerror(errno)))")
    }
    return false
  }
}
