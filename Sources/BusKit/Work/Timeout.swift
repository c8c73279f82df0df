/// Runs a task with a time limit; at the limit it is cancelled and `TransientFailure` is thrown.
func withTimeout<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
  try await withThrowingTaskGroup(of: T.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw TransientFailure("no result within \(limit.milliseconds) ms")
    }
    guard let first = try await group.next() else { throw CancellationError() }
    group.cancelAll()
    return first
  }
}
