import Dispatch
import Postgres

/// A transaction of somebody else that has done something and has not ended. It has a connection of its own.
public final class OpenTransaction: Sendable {
  private let task: Task<Void, any Error>
  private let pool: PostgresPool
  private let ending: AsyncStream<Void>.Continuation

  /// Returns when it has done its first statements, or failed; `end` says which.
  /// - Parameters:
  ///   - pool: nobody else's: `end` closes it.
  ///   - first: done before this returns.
  ///   - last: done by `end`, before the commit.
  public init(on pool: PostgresPool, _ first: String, _ last: String = "select 1") async throws {
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

  public func end() async throws {
    ending.finish()
    try await task.value
    await pool.close()
  }
}
