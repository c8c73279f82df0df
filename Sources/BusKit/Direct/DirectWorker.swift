import Synchronization

/// One worker's place in its work, seen by who watches the time.
final class DirectWorker: Sendable {
  private struct State {
    var items: [HeldDeliveries.Item] = []
    var current = 0
    var count = 0
    var begun: ContinuousClock.Instant?
    var isGone = false
    var done: [HeldDeliveries.Item] = []
    var doneSince = ContinuousClock.now
  }

  private let state = Mutex(State())
  /// Set once, right after the worker's task was made.
  private let task = Mutex<Task<Void, Never>?>(nil)

  func run(_ body: @escaping @Sendable () async -> Void) { task.withLock { $0 = Task { await body() } } }
  func cancel() { task.withLock { $0 }?.cancel() }

  /// Takes items to work on, one call of a handler after another.
  func take(_ items: [HeldDeliveries.Item]) {
    state.withLock { state in
      state.items = items
      state.current = 0
    }
  }

  /// A call that handles the next `count` items begins. False: somebody else has taken over.
  func begin(_ count: Int) -> Bool {
    state.withLock { state in
      state.count = count
      state.begun = .now
      return !state.isGone
    }
  }

  /// The call has ended; what is done gathers for `takeDone`. False: it was too late, and its items have been dealt
  /// with.
  func end(isDone: Bool) -> Bool {
    state.withLock { state in
      guard !state.isGone else { return false }
      state.begun = nil
      let end = state.current + state.count
      if isDone {
        if state.done.isEmpty { state.doneSince = .now }
        state.done.append(contentsOf: state.items[state.current..<end])
      }
      state.current = end
      return true
    }
  }

  /// The next item is not handled. False: somebody else has taken over.
  func skip() -> Bool {
    state.withLock { state in
      state.current += 1
      return !state.isGone
    }
  }

  /// Begins no call any more, and none that runs counts. Returns what is done and not yet acknowledged.
  func retire() -> [HeldDeliveries.Item] {
    state.withLock { state in
      state.isGone = true
      defer { state.done = [] }
      return state.done
    }
  }

  /// What is done and not yet acknowledged, once it is so much or so old. The handler of the next message may take
  /// long.
  func takeDone(count: Int = 0, age: Duration = .zero) -> [HeldDeliveries.Item] {
    state.withLock { state in
      let isDue = state.done.count >= count || ContinuousClock.now - state.doneSince > age
      guard !state.done.isEmpty, isDue else { return [] }
      defer { state.done = [] }
      return state.done
    }
  }

  /// When a call has taken longer than `limit`: its items and those that were to follow; the worker is then on its own.
  func abandon(after limit: Duration) -> (overdue: [HeldDeliveries.Item], rest: [HeldDeliveries.Item])? {
    state.withLock { state in
      guard !state.isGone, let begun = state.begun, ContinuousClock.now - begun >= limit else { return nil }
      state.isGone = true
      let end = state.current + state.count
      return (Array(state.items[state.current..<end]), Array(state.items[end...]))
    }
  }
}
