import Foundation
import Synchronization

/// A server process that cannot outlive the test process: a shell beside it holds the read end of a pipe, and kills the
/// server when the write end is closed, by `kill` or by the end of the test process, crashes included.
public final class GuardedProcess: Sendable {
  private let lifeline: FileHandle
  private let exit: Mutex<ExitState>
  public let logPath: String

  private struct ExitState {
    var status: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }

  /// - Parameters:
  ///   - arguments: the program's full path and its arguments.
  ///   - signal: what ends the server when the pipe closes.
  ///   - folder: removed after the end when given.
  public static func start(
    _ arguments: [String], environment: [String: String] = [:], signal: String = "KILL", log: String,
    removing folder: String? = nil
  ) throws -> GuardedProcess {
    // The subshell waits for the end of the pipe; the outer shell notices a server that ends by itself.
    let guardScript = """
      exec 3<&0
      "$@" <&- >>"$LOG" 2>&1 3<&- & server=$!
      ( read -r line <&3; kill -s "$END_SIGNAL" $server ) & watch=$!
      exec 3<&-
      wait $server; status=$?
      kill -s KILL $watch
      wait $watch
      if [ -n "$FOLDER" ]; then rm -rf "$FOLDER"; fi
      exit $status
      """
    let pipe = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", guardScript, "guard"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging(
      ["LOG": log, "END_SIGNAL": signal, "FOLDER": folder ?? ""]) { $1 }
    process.standardInput = pipe.fileHandleForReading
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let guarded = GuardedProcess(lifeline: pipe.fileHandleForWriting, logPath: log)
    process.terminationHandler = { guarded.finish($0.terminationStatus) }
    // Other children of this process must not keep the pipe open.
    for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
      guard fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw TestKitError("fcntl failed.") }
    }
    try withoutBlockedSignals { try process.run() }
    return guarded
  }

  /// A child inherits its parent thread's signal mask, and Dispatch's threads block SIGCHLD: the shell's `wait` would
  /// never return.
  private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var previous = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    try body()
  }

  private init(lifeline: FileHandle, logPath: String) {
    self.lifeline = lifeline
    self.logPath = logPath
    exit = Mutex(ExitState())
  }

  public var isRunning: Bool { exit.withLock { $0.status == nil } }

  /// Ends the server with its signal; returns when it is gone. May be called twice.
  @discardableResult
  public func end() async throws -> Int32 {
    try lifeline.close()
    return await ended()
  }

  /// Ends the server without waiting.
  public func kill() throws { try lifeline.close() }

  public func ended() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = exit.withLock { state in
        if state.status == nil { state.waiters.append(continuation) }
        return state.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  /// The end of what the server wrote, for a message about why it did not start.
  public var logTail: String {
    guard let data = FileManager.default.contents(atPath: logPath) else { return "(no log)" }
    return String(decoding: data.suffix(2_000), as: UTF8.self)
  }

  private func finish(_ status: Int32) {
    let waiters = exit.withLock { state in
      state.status = status
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }
}
