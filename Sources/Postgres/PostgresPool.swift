import Foundation

/// A fixed number of connections, each on a thread of its own, so that no blocking call reaches Swift's threads.
///
/// Guarantees:
/// - Connections open on first use. One that broke, or that the server ended while it was idle, is replaced before the
///   next body runs; a body is never run twice.
/// - While the server cannot be reached one thread tries, after pauses of at most a second; meanwhile bodies fail at
///   once.
/// - A server that says nothing for `PostgresConfiguration.silenceMax` is given up: the connection, and those that were
///   idle since, are replaced.
/// - Callers are served in order; more than `waiterLimit` of them is an error with code `.limit`.
/// - Cancelling a caller that waits frees it at once. A body that has begun runs to its end: it must not be torn.
/// - May be closed twice. Close fails the callers that wait and returns when the running bodies have ended.
public final class PostgresPool: Sendable {
  private let queue: PostgresQueue

  public init(configuration: PostgresConfiguration, size: Int, waiterLimit: Int = 1000) {
    let size = max(1, size)
    let queue = PostgresQueue(size: size, limit: waiterLimit)
    self.queue = queue
    let reach = PostgresReach()
    for slot in 0..<size {
      let thread = Thread { PostgresWorker(configuration, reach).run(queue, slot: slot) }
      thread.name = "postgres-\(slot)"
      thread.start()
    }
  }

  deinit { queue.beginClose() }

  /// Lends a session to `body`, on the connection's thread. What it leaves enqueued is flushed, what it leaves open is
  /// rolled back.
  public func withSession<T: Sendable>(
    _ body: @escaping @Sendable (PostgresSession) throws -> T
  ) async throws -> T {
    let id = queue.nextID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.submit(id, PostgresJob(body, continuation))
      }
    } onCancel: {
      queue.cancel(id)
    }
  }

  /// Runs `body` in a transaction: see `PostgresSession.transaction`.
  public func transaction<T: Sendable>(
    _ body: @escaping @Sendable (PostgresSession) throws -> T
  ) async throws -> T {
    try await withSession { session in try session.transaction { try body(session) } }
  }

  /// Ends all sessions; whoever waits for one gets an error.
  public func close() async { await queue.close() }
}
