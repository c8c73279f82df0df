import Dispatch
import Glibc
import Synchronization

/// What tasks and the connection's thread share: the commands to send, who waits for which, and the socket to shut
/// down on close.
///
/// A waiting caller is in `waiting` from submission until exactly one party takes its continuation out: the thread
/// (reply or failure), the caller's cancellation, or close.
final class RedisQueue: Sendable {
  typealias Waiter = CheckedContinuation<RedisReplies, any Error>

  struct Request: Sendable {
    let id: UInt64
    let bytes: [UInt8]
    /// Commands in `bytes`, and so replies to come.
    let count: Int
  }

  private struct State {
    var requests: [Request] = []
    var waiting: [UInt64: Waiter] = [:]
    var commandCount = 0
    var sleeping = false
    var closed = false
    var finished = false
    var socket: Int32 = -1
    var generation = 0
    var finishWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// One pipeline carries at most this much, so that the first of many callers does not wait for the last.
  private static let batchCommands = 4_096
  private static let batchBytes = 1024 * 1024

  private let limit: Int
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let identifiers = Atomic<UInt64>(0)

  init(limit: Int) { self.limit = limit }

  var generation: Int { state.withLock { $0.generation } }

  func nextID() -> UInt64 { identifiers.add(1, ordering: .relaxed).newValue }

  // MARK: Callers

  func submit(_ request: Request, _ waiter: Waiter) {
    let (refusal, mustWake): ((any Error)?, Bool) = state.withLock { state in
      if state.closed { return (RedisError(.closed, "The connection was closed; use another."), false) }
      // A cancellation that came before this lock found nothing to remove; its flag is visible here.
      if Task.isCancelled { return (CancellationError(), false) }
      guard state.commandCount + request.count <= limit || state.commandCount == 0 else {
        return (
          RedisError(.queueFull, "\(state.commandCount) commands wait for Redis, the limit is \(limit). Slow down."),
          false
        )
      }
      state.requests.append(request)
      state.waiting[request.id] = waiter
      state.commandCount += request.count
      defer { state.sleeping = false }
      return (nil, state.sleeping)
    }
    // Not under the lock, which the thread wants as soon as it is awake.
    if mustWake { wake.signal() }
    if let refusal { waiter.resume(throwing: refusal) }
  }

  /// An unsent command is never sent; the reply of a sent one is thrown away when it comes.
  func cancel(_ id: UInt64) {
    let waiter = state.withLock { $0.waiting.removeValue(forKey: id) }
    waiter?.resume(throwing: CancellationError())
  }

  func beginClose() {
    let waiters: [Waiter] = state.withLock { state in
      guard !state.closed else { return [] }
      state.closed = true
      // The thread frees the descriptor only after `detachSocket`, so it is not somebody else's by now.
      if state.socket >= 0 { shutdown(state.socket, Int32(SHUT_RDWR)) }
      if state.sleeping {
        state.sleeping = false
        wake.signal()
      }
      defer { state.waiting.removeAll() }
      return Array(state.waiting.values)
    }
    for waiter in waiters { waiter.resume(throwing: RedisError(.closed, "The connection was closed.")) }
  }

  func waitUntilFinished() async {
    await withCheckedContinuation { continuation in
      let finished = state.withLock { state in
        if !state.finished { state.finishWaiters.append(continuation) }
        return state.finished
      }
      if finished { continuation.resume() }
    }
  }

  // MARK: The connection's thread

  /// Blocks until there is something to send; nil when the connection was closed.
  func take() -> [Request]? {
    while true {
      let batch: [Request]?? = state.withLock { state in
        if state.closed { return .some(nil) }
        let batch = Self.nextBatch(&state)
        if batch.isEmpty {
          state.sleeping = true
          return .none
        }
        return batch
      }
      if let batch { return batch }
      wake.wait()
    }
  }

  private static func nextBatch(_ state: inout State) -> [Request] {
    var (batch, commands, bytes, used) = ([Request](), 0, 0, 0)
    for request in state.requests {
      let full = commands + request.count > batchCommands || bytes + request.bytes.count > batchBytes
      if full && !batch.isEmpty { break }
      used += 1
      guard state.waiting[request.id] != nil else {
        state.commandCount -= request.count
        continue
      }
      batch.append(request)
      commands += request.count
      bytes += request.bytes.count
    }
    state.requests.removeFirst(used)
    return batch
  }

  func finish(_ request: Request, with result: Result<RedisReplies, any Error>) {
    let waiter = state.withLock { state in
      state.commandCount -= request.count
      return state.waiting.removeValue(forKey: request.id)
    }
    waiter?.resume(with: result)
  }

  /// Makes a socket known to `beginClose`; false when that has come already.
  func attachSocket(_ socket: Int32) -> Bool {
    state.withLock { state in
      guard !state.closed else { return false }
      state.socket = socket
      return true
    }
  }

  func detachSocket() { state.withLock { $0.socket = -1 } }

  func countConnection() { state.withLock { $0.generation += 1 } }

  func finishThread() {
    let waiters = state.withLock { state in
      state.finished = true
      defer { state.finishWaiters.removeAll() }
      return state.finishWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
