import Synchronization

/// Runs a body with a time limit; at the limit it is cancelled and, once it has returned, `TransientFailure` is thrown.
func withTimeout<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
  let race = Race()
  let work = Task {
    defer { race.settle(.ended) }
    return try await body()
  }
  let ticket = Deadlines.shared.add(after: limit) { if race.settle(.overdue) { work.cancel() } }
  defer { Deadlines.shared.remove(ticket) }
  let result = await withTaskCancellationHandler {
    await work.result
  } onCancel: {
    work.cancel()
  }
  if race.winner == .overdue { throw TransientFailure("no result within \(limit.milliseconds) ms") }
  return try result.get()
}

/// Which came first, the end of the body or its deadline.
private final class Race: Sendable {
  enum Winner: Sendable { case ended, overdue }

  private let state = Mutex<Winner?>(nil)
  var winner: Winner? { state.withLock { $0 } }

  /// Whether this was the first.
  @discardableResult
  func settle(_ winner: Winner) -> Bool {
    state.withLock { state in
      guard state == nil else { return false }
      state = winner
      return true
    }
  }
}
