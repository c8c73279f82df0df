import Dispatch
import Postgres

/// A transaction of somebody else that has done something and has not ended.
final class OpenTransaction: Sendable {
  private let task: Task<Void, any Error>
  private let pool: PostgresPool
  private let ending: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - first: done before this returns.
  ///   - last: done by `end`, before the commit.
  init(_ database: LedgerDatabase, _ first: String, _ last: String) async throws {
    let pool = database.another()
    let (begun, beginning) = AsyncStream<Void>.makeStream()
    let (ended, ending) = AsyncStream<Void>.makeStream()
    (self.pool, self.ending) = (pool, ending)
    task = Task {
      defer { beginning.finish() }
      try await pool.withSession { session in
        try session.script("begin; \(first)")
        beginning.finish()
        let wait = DispatchSemaphore(value: 0)
        Task {
          for await _ in ended {}
          wait.signal()
        }
        wait.wait()
        try session.script("\(last); commit")
      }
    }
    for await _ in begun {}
  }

  func end() async throws {
    ending.finish()
    try await task.value
    await pool.close()
  }
}
