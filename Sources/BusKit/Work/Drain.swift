import Synchronization

/// Whether a process ends, and the sleep of whoever has to know at once.
final class Drain: Sendable {
  private struct State {
    var hasBegun = false
    var sleepers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var last: UInt64 = 0
  }

  private let state = Mutex(State())

  var hasBegun: Bool { state.withLock { $0.hasBegun } }

  /// Wakes everybody.
  func begin() {
    let sleepers = state.withLock { state in
      state.hasBegun = true
      defer { state.sleepers = [:] }
      return state.sleepers
    }
    for sleeper in sleepers.values { sleeper.resume() }
  }

  /// Returns when it has begun, the task is cancelled, or after this time.
  func sleep(_ time: Duration?) async {
    if let time, time <= .zero { return }
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    var ticket: Deadlines.Ticket?
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if !state.hasBegun { state.sleepers[number] = continuation }
          return state.hasBegun
        }
        if isOver { return continuation.resume() }
        ticket = time.map { Deadlines.shared.add(after: $0) { [weak self] in self?.wake(number) } }
        // Cancelled before it lay down: nobody would wake it.
        if Task.isCancelled { wake(number) }
      }
    } onCancel: {
      wake(number)
    }
    if let ticket { Deadlines.shared.remove(ticket) }
  }

  private func wake(_ number: UInt64) {
    state.withLock { $0.sleepers.removeValue(forKey: number) }?.resume()
  }
}
