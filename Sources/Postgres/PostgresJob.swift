import Synchronization

/// A body that waits for a session, with the caller that waits for the body.
///
/// Exactly one party takes the continuation: the thread that runs the body, or cancellation or close before it starts.
final class PostgresJob<T: Sendable>: AnyPostgresJob {
  private let body: @Sendable (PostgresSession) throws -> T
  private let waiter: Mutex<CheckedContinuation<T, any Error>?>

  init(_ body: @escaping @Sendable (PostgresSession) throws -> T, _ waiter: CheckedContinuation<T, any Error>) {
    self.body = body
    self.waiter = Mutex(waiter)
  }

  func run(on worker: PostgresWorker) {
    let result = Result { try worker.lend(body) }
    take()?.resume(with: result)
  }

  func fail(_ error: any Error) { take()?.resume(throwing: error) }

  private func take() -> CheckedContinuation<T, any Error>? {
    waiter.withLock { waiter in
      defer { waiter = nil }
      return waiter
    }
  }
}

protocol AnyPostgresJob: AnyObject, Sendable {
  func run(on worker: PostgresWorker)
  func fail(_ error: any Error)
}
