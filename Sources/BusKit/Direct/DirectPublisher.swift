import Foundation
import Synchronization

/// Sends what the tasks of a process publish without an outbox: what arrives while one pipeline is on its way travels
/// in the next, so that many tasks cost as little as one with a batch. In order: what is submitted first is stored
/// first.
final class DirectPublisher: Sendable {
  /// The outcome of each publication, in order, and how long the lasting streams are now.
  typealias Receipt = (outcomes: [PublishReport.Outcome], lengths: [String: Int])

  private struct Parcel {
    let publications: [Publication]
    let bytes: Int
    let done: @Sendable (Result<Receipt, any Error>) -> Void
  }

  private struct State {
    var waiting: [Parcel] = []
    var count = 0
    var bytes = 0
    var isRunning = false
    var blocked: [CheckedContinuation<Void, Never>] = []
    /// Streams that were at their cap when we last looked.
    var full: [String: ContinuousClock.Instant] = [:]
  }

  private static let waitingMax = 20_000
  private static let waitingBytesMax = 16 * 1024 * 1024
  private static let pipelineMax = 1_000
  private static let pipelineBytesMax = 1024 * 1024
  private static let fullPause: Duration = .milliseconds(250)

  private let broker: any Broker
  private let published: MetricsRegistry.Counter
  private let state = Mutex(State())

  init(broker: any Broker, metrics: MetricsRegistry) {
    self.broker = broker
    published = metrics.counter("energy_bus_direct_published_total")
  }

  /// Waits until there is room, and takes the publications.
  /// - Parameter done: called once, with what became of them. Cancelling takes nothing back.
  func submit(
    _ publications: [Publication], done: @escaping @Sendable (Result<Receipt, any Error>) -> Void
  ) async {
    while !submitNow(publications, done: done) {
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          if Self.hasRoom(state) { return true }
          state.blocked.append(continuation)
          return false
        }
        if isLate { continuation.resume() }
      }
    }
  }

  /// False: there is no room, and `done` is not called.
  func submitNow(
    _ publications: [Publication], done: @escaping @Sendable (Result<Receipt, any Error>) -> Void
  ) -> Bool {
    let bytes = publications.reduce(0) { $0 + $1.envelope.wireByteCount }
    return take(Parcel(publications: publications, bytes: bytes, done: done))
  }

  private static func hasRoom(_ state: borrowing State) -> Bool {
    state.count < waitingMax && state.bytes < waitingBytesMax
  }

  private func take(_ parcel: Parcel) -> Bool {
    let (isTaken, mustStart) = state.withLock { state in
      guard Self.hasRoom(state) else { return (false, false) }
      state.waiting.append(parcel)
      state.count += parcel.publications.count
      state.bytes += parcel.bytes
      defer { state.isRunning = true }
      return (true, !state.isRunning)
    }
    if mustStart { Task { await run() } }
    return isTaken
  }

  private func run() async {
    while case let parcels = next(), !parcels.isEmpty {
      do {
        let publications = parcels.count == 1 ? parcels[0].publications : parcels.flatMap(\.publications)
        let report = try await broker.publish(publications)
        published.increment(by: report.outcomes.count)
        var start = 0
        for parcel in parcels {
          let end = start + parcel.publications.count
          parcel.done(.success((Array(report.outcomes[start..<end]), report.lengths)))
          start = end
        }
      } catch {
        for parcel in parcels { parcel.done(.failure(error)) }
      }
    }
  }

  private func next() -> [Parcel] {
    let (parcels, blocked) = state.withLock { state -> ([Parcel], [CheckedContinuation<Void, Never>]) in
      var (used, count, bytes) = (0, 0, 0)
      for parcel in state.waiting {
        let isFull =
          count + parcel.publications.count > Self.pipelineMax || bytes + parcel.bytes > Self.pipelineBytesMax
        if isFull && used > 0 { break }
        used += 1
        count += parcel.publications.count
        bytes += parcel.bytes
      }
      let parcels = Array(state.waiting.prefix(used))
      state.waiting.removeFirst(used)
      state.count -= count
      state.bytes -= bytes
      state.isRunning = used > 0
      guard Self.hasRoom(state) else { return (parcels, []) }
      defer { state.blocked = [] }
      return (parcels, state.blocked)
    }
    for waiter in blocked { waiter.resume() }
    return parcels
  }

  // MARK: - Full streams

  var knowsFullStreams: Bool { state.withLock { !$0.full.isEmpty } }

  /// Whether a stream had room when it was last looked at; looks again after a while.
  func hasRoom(_ stream: String, lengthMax: Int) async throws -> Bool {
    guard let seen = state.withLock({ $0.full[stream] }) else { return true }
    if ContinuousClock.now - seen < Self.fullPause { return false }
    note(length: try await broker.length(of: stream), of: stream, lengthMax: lengthMax)
    return state.withLock { $0.full[stream] == nil }
  }

  func note(length: Int, of stream: String, lengthMax: Int) {
    state.withLock { state in
      if length >= lengthMax {
        state.full[stream] = .now
      } else if !state.full.isEmpty {
        state.full[stream] = nil
      }
    }
  }
}
