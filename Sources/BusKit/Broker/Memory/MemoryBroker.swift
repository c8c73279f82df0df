import Foundation
import Synchronization

/// A broker inside one process, for tests: the same promises as Redis, without a server and without waiting.
///
/// It keeps entries in the wire form, so that a message that could not cross Redis cannot cross this one either. Its
/// clock can be the test's own.
public final class MemoryBroker: Broker {
  struct State {
    var streams: [String: MemoryStream] = [:]
    var dead: [String: [MemoryDeadLetter]] = [:]
    var alive: [String: Int64] = [:]
    var epoch: String?
    var generation = 1
    var isDown = false
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
    /// Grows with every change, so that one between looking and falling asleep is not missed.
    var changes: UInt64 = 0
  }

  /// The broker was taken down by its test.
  public struct Down: Error, CustomStringConvertible {
    public let description = "the memory broker is down"
  }

  let state = Mutex(State())
  private let clock: @Sendable () -> Int64

  /// - Parameter clock: milliseconds since 1970; leases and ages follow it.
  public init(clock: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }) {
    self.clock = clock
  }

  public var features: BrokerFeatures { BrokerFeatures(isPersistent: false, tellsBytes: true) }
  public var generation: Int { state.withLock { $0.generation } }
  var now: Int64 { clock() }

  public func subscribe(_ options: SubscriptionOptions) -> any BrokerSubscription {
    MemorySubscription(options, broker: self)
  }

  public func follow(stream: String) -> any BrokerFollower { MemoryFollower(stream: stream, broker: self) }

  public func close() async {}
  public func isOutage(_ error: any Error) -> Bool { error is Down }

  // MARK: - Faults

  /// Loses everything, as FLUSHALL does.
  public func forgetEverything() {
    state.withLock { state in
      state.streams = [:]
      state.dead = [:]
      state.alive = [:]
      state.epoch = nil
    }
    wake()
  }

  /// While it is down every call throws `Down`; when it comes back, connections are new and its memory is what it was.
  public func setDown(_ isDown: Bool) {
    state.withLock { state in
      if state.isDown && !isDown { state.generation += 1 }
      state.isDown = isDown
    }
    wake()
  }

  // MARK: - Publishing

  public func publish(_ publications: [Publication]) async throws -> PublishReport {
    let now = clock()
    let report = try access { state in
      var outcomes: [PublishReport.Outcome] = []
      var lengths: [String: Int] = [:]
      for publication in publications {
        let key = publication.stream
        let id = state.streams[key, default: MemoryStream()].add(publication.envelope.wireBytes, at: now)
        if let most = publication.lengthMax {
          state.streams[key]?.keep(last: most)
        } else {
          lengths[key] = state.streams[key]?.entries.count
        }
        outcomes.append(.stored(id.text))
      }
      return PublishReport(outcomes: outcomes, lengths: lengths, epoch: state.epoch)
    }
    wake()
    return report
  }

  public func length(of stream: String) async throws -> Int { try access { $0.streams[stream]?.entries.count ?? 0 } }

  public func bury(_ envelope: Envelope, _ note: DeadLetterNote) async throws {
    let now = clock()
    let first = MemoryStream.ID(
      milliseconds: Int64((envelope.createdAt.timeIntervalSince1970 * 1000).rounded()), sequence: 0)
    try access { state in
      state.dead[note.topic.deadKey(note.partition), default: []].bury(
        envelope.wireBytes, first, at: now, group: note.group, reason: note.reason, detail: note.detail,
        deliveries: note.deliveries)
    }
  }

  public func remove(stream: String) async throws { try access { $0.streams[stream] = nil } }

  // MARK: - Life and memory

  public func beat(service: String, process: String, for time: Duration) async throws -> BrokerPulse {
    let now = clock()
    return try access { state in
      state.alive["\(service):\(process)"] = now + time.milliseconds
      return BrokerPulse(milliseconds: now, epoch: state.epoch, generation: state.generation)
    }
  }

  public func isAlive(service: String, process: String) async throws -> Bool {
    let now = clock()
    return try access { ($0.alive["\(service):\(process)"] ?? 0) > now }
  }

  public func leave(service: String, process: String) async throws {
    try access { $0.alive["\(service):\(process)"] = nil }
  }

  public func memory() async throws -> BrokerMemory {
    try access { state in
      let epoch = state.epoch ?? UUID.v7().text
      state.epoch = epoch
      return BrokerMemory(epoch: epoch, run: "1", generation: state.generation)
    }
  }

  // MARK: - Inside

  func access<T>(_ body: (inout sending State) throws -> sending T) throws -> sending T {
    try state.withLock { state in
      if state.isDown { throw Down() }
      return try body(&state)
    }
  }

  func wake() {
    let waiters = state.withLock { state in
      state.changes += 1
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Calls `poll` until it finds something or the time is up; sleeps in between until something changes.
  func poll<T: Sendable>(for limit: Duration, _ poll: @Sendable (inout State) throws -> [T]) async throws -> [T] {
    let deadline = ContinuousClock.now + limit
    while true {
      let (found, changes) = try state.withLock { state in
        if state.isDown { throw Down() }
        return (try poll(&state), state.changes)
      }
      let left = ContinuousClock.now.duration(to: deadline)
      if !found.isEmpty || left <= .zero || Task.isCancelled { return found }
      await sleep(atMost: left, since: changes)
    }
  }

  private func sleep(atMost time: Duration, since changes: UInt64) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let timer = Task {
      try await Task.sleep(for: time)
      self.wake(id)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A cancellation that came first has found nothing to wake.
        let isLate = state.withLock { state in
          if Task.isCancelled || state.changes != changes { return true }
          state.waiters[id] = continuation
          return false
        }
        if isLate { continuation.resume() }
      }
    } onCancel: {
      wake(id)
    }
    timer.cancel()
  }

  private func wake(_ id: UInt64) { state.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
}
