import Foundation
import Postgres
import Synchronization

/// What this process knows of its broker and Postgres: asked every 1.5 s, and the broker's clock with it.
final class BusHealth: Sendable {
  private struct State {
    var brokerDownSince: ContinuousClock.Instant?
    var postgresDownSince: ContinuousClock.Instant?
    var postgresAskedSince: ContinuousClock.Instant?
    var brokerGeneration = 0
    var brokerSince: ContinuousClock.Instant
    /// The broker's time, and when it said so.
    var brokerTime: (milliseconds: Int64, at: ContinuousClock.Instant)?
    var isReady = false
    var stuck = 0
  }

  private let state: Mutex<State>
  private let clock = ContinuousClock()

  init() { state = Mutex(State(brokerSince: ContinuousClock().now)) }

  /// A Postgres that has been asked and is silent for this long counts as away, though its connection stands.
  private static let postgresSilence: Duration = .seconds(5)

  private func downSince(_ state: borrowing State) -> ContinuousClock.Instant? {
    if let since = state.postgresDownSince { return since }
    guard let asked = state.postgresAskedSince, clock.now - asked > Self.postgresSilence else { return nil }
    return asked
  }

  var brokerDownFor: Duration? { state.withLock { $0.brokerDownSince.map { clock.now - $0 } } }
  var postgresDownFor: Duration? { state.withLock { downSince($0).map { clock.now - $0 } } }
  var isReady: Bool {
    get { state.withLock { $0.isReady && $0.brokerDownSince == nil && downSince($0) == nil } }
    set { state.withLock { $0.isReady = newValue } }
  }

  /// The broker's time in milliseconds: that of its last answer and what has gone by since, however the process' own
  /// clock is set. nil before its first answer.
  var brokerClock: Int64? {
    guard let time = state.withLock({ $0.brokerTime }) else { return nil }
    return time.milliseconds + (clock.now - time.at).milliseconds
  }

  /// The same; the process' own time before the broker's first answer.
  var brokerMilliseconds: Int64 { brokerClock ?? Int64(Date().timeIntervalSince1970 * 1000) }

  /// - Parameters:
  ///   - pulse: nil: no answer.
  ///   - asked: a moment before the answer, as late as is known.
  /// - Returns: whether that changed what was known.
  @discardableResult
  func noteBroker(_ pulse: BrokerPulse?, asked: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { state in
      guard let pulse else {
        guard state.brokerDownSince == nil else { return false }
        state.brokerDownSince = clock.now
        return true
      }
      state.brokerTime = (pulse.milliseconds, asked)
      let wasDown = state.brokerDownSince != nil
      if wasDown || state.brokerGeneration != pulse.generation { state.brokerSince = clock.now }
      state.brokerGeneration = pulse.generation
      state.brokerDownSince = nil
      return wasDown
    }
  }

  /// Handlers that do not return: each holds a thread and its connection until the process ends.
  var stuck: Int { state.withLock { $0.stuck } }
  func noteStuck() { state.withLock { $0.stuck += 1 } }
  /// One of them has returned after all.
  func noteReturned() { state.withLock { $0.stuck -= 1 } }

  func notePostgresIsAsked() { state.withLock { $0.postgresAskedSince = clock.now } }

  func notePostgres(isUp: Bool) {
    state.withLock { state in
      state.postgresAskedSince = nil
      if isUp { state.postgresDownSince = nil } else if state.postgresDownSince == nil {
        state.postgresDownSince = clock.now
      }
    }
  }

  /// Whether the broker has been there long enough that everybody alive has shown a sign again.
  func brokerIsSettled(for time: Duration) -> Bool {
    state.withLock { $0.brokerDownSince == nil && clock.now - $0.brokerSince > time }
  }

  func waitForPostgres(orDrain core: BusCore) async {
    while postgresDownFor != nil, !core.isDraining {
      await core.pause(Backoff(first: .milliseconds(200), most: .milliseconds(200)), 1)
    }
  }
}
