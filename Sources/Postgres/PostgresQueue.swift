import Dispatch
import Synchronization

/// What tasks and the pool's threads share: the jobs that wait, and which threads sleep.
final class PostgresQueue: Sendable {
  private struct State {
    var jobs: [(id: UInt64, job: any AnyPostgresJob)] = []
    /// Slots of sleeping threads; the one that slept last wakes first, because its caches are warm.
    var idle: [Int] = []
    var closed = false
    var running: Int
    var finishWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let limit: Int
  private let state: Mutex<State>
  private let wakes: [DispatchSemaphore]
  private let identifiers = Atomic<UInt64>(0)

  init(size: Int, limit: Int) {
    self.limit = limit
    state = Mutex(State(running: size))
    wakes = (0..<size).map { _ in DispatchSemaphore(value: 0) }
  }

  func nextID() -> UInt64 { identifiers.add(1, ordering: .relaxed).newValue }

  func submit(_ id: UInt64, _ job: any AnyPostgresJob) {
    let refusal: (any Error)? = state.withLock { state in
      if state.closed { return PostgresError(.closed, "The pool was closed.") }
      // A cancellation that came before this lock found nothing to remove; its flag is visible here.
      if Task.isCancelled { return CancellationError() }
      guard state.jobs.count < limit || !state.idle.isEmpty else {
        return PostgresError(.limit, "\(state.jobs.count) callers wait for a connection already. Slow down.")
      }
      state.jobs.append((id, job))
      if let slot = state.idle.popLast() { wakes[slot].signal() }
      return nil
    }
    if let refusal { job.fail(refusal) }
  }

  /// Takes a job back that no thread has begun; a running one ends by itself, within the statement timeout.
  func cancel(_ id: UInt64) {
    let job: (any AnyPostgresJob)? = state.withLock { state in
      guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return nil }
      return state.jobs.remove(at: index).job
    }
    job?.fail(CancellationError())
  }

  func close() async {
    beginClose()
    await withCheckedContinuation { continuation in
      let finished = state.withLock { state in
        if state.running > 0 { state.finishWaiters.append(continuation) }
        return state.running == 0
      }
      if finished { continuation.resume() }
    }
  }

  /// Close without waiting: for a pool that is dropped.
  func beginClose() {
    let jobs = state.withLock { state in
      state.closed = true
      for slot in state.idle { wakes[slot].signal() }
      state.idle = []
      defer { state.jobs = [] }
      return state.jobs.map(\.job)
    }
    for job in jobs { job.fail(PostgresError(.closed, "The pool was closed.")) }
  }

  // MARK: The pool's threads

  /// Blocks until there is a job; nil when the pool was closed.
  func take(slot: Int) -> (any AnyPostgresJob)? {
    while true {
      let job: (any AnyPostgresJob)?? = state.withLock { state in
        if state.closed { return .some(nil) }
        if state.jobs.isEmpty {
          state.idle.append(slot)
          return .none
        }
        return state.jobs.removeFirst().job
      }
      if let job { return job }
      wakes[slot].wait()
    }
  }

  func finishThread() {
    let waiters = state.withLock { state in
      state.running -= 1
      guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.finishWaiters = [] }
      return state.finishWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
