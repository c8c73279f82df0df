import Synchronization

/// Calls a step at intervals as long as there is something to look at. One for all waits of a kind: a timer for each
/// would cost more than the wait.
final class Ticker: Sendable {
  private let interval: Duration
  /// Returns whether something is left to look at.
  private let step: @Sendable () async -> Bool
  private let state = Mutex((isRunning: false, isWanted: false))

  init(every interval: Duration, _ step: @escaping @Sendable () async -> Bool) {
    self.interval = interval
    self.step = step
  }

  /// There is something to look at.
  func start() {
    let mustStart = state.withLock { state in
      state.isWanted = true
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustStart { Task { await run() } }
  }

  private func run() async {
    while true {
      do { try await Task.sleep(for: interval) } catch { return }
      state.withLock { $0.isWanted = false }
      let isMore = await step()
      let isDone = state.withLock { state in
        if !isMore && !state.isWanted { state.isRunning = false }
        return !state.isRunning
      }
      if isDone { return }
    }
  }
}
