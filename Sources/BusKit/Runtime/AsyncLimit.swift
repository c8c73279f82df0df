import Synchronization

/// At most so many at a time; the rest wait in order.
final class AsyncLimit: Sendable {
  private struct State {
    var free: Int
    var isClosed = false
    var waiting: [CheckedContinuation<Bool, Never>] = []
  }
  private let state: Mutex<State>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    state = Mutex(State(free: count))
  }

  /// Nobody is inside.
  var isIdle: Bool { state.withLock { $0.free == count } }

  /// False: it was closed, and nobody enters any more.
  func enter() async -> Bool {
    await withCheckedContinuation { continuation in
      let entered: Bool? = state.withLock { state in
        if state.isClosed { return false }
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return nil
      }
      if let entered { continuation.resume(returning: entered) }
    }
  }

  /// Sends those away who wait. Those inside stay until they leave.
  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(returning: false) }
  }

  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}
