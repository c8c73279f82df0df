import Foundation
import Postgres
import Redis
import Synchronization

/// What this process knows of its Redis and Postgres: asked every 1.5 s, and Redis' clock with it.
final class BusHealth: Sendable {
  private struct State {
    var redisDownSince: ContinuousClock.Instant?
    var postgresDownSince: ContinuousClock.Instant?
    var postgresAskedSince: ContinuousClock.Instant?
    var redisGeneration = 0
    var redisSince: ContinuousClock.Instant
    var redisOffset: Int64 = 0
    var isReady = false
  }

  private let state: Mutex<State>
  private let clock = ContinuousClock()

  init() { state = Mutex(State(redisSince: ContinuousClock().now)) }

  /// A Postgres that has been asked and is silent for this long counts as away, though its connection stands.
  private static let postgresSilence: Duration = .seconds(5)

  private func downSince(_ state: borrowing State) -> ContinuousClock.Instant? {
    if let since = state.postgresDownSince { return since }
    guard let asked = state.postgresAskedSince, clock.now - asked > Self.postgresSilence else { return nil }
    return asked
  }

  var redisDownFor: Duration? { state.withLock { $0.redisDownSince.map { clock.now - $0 } } }
  var postgresDownFor: Duration? { state.withLock { downSince($0).map { clock.now - $0 } } }
  var isReady: Bool {
    get { state.withLock { $0.isReady && $0.redisDownSince == nil && downSince($0) == nil } }
    set { state.withLock { $0.isReady = newValue } }
  }

  /// Redis' time, from its last answer and the process' own clock since.
  var redisMilliseconds: Int64 {
    Int64(Date().timeIntervalSince1970 * 1000) + state.withLock { $0.redisOffset }
  }

  /// Returns whether that changed what was known.
  @discardableResult
  func noteRedis(time reply: RedisValue?, generation: Int) -> Bool {
    state.withLock { state in
      guard let reply else {
        guard state.redisDownSince == nil else { return false }
        state.redisDownSince = clock.now
        return true
      }
      if let parts = reply.array, parts.count == 2, let seconds = parts[0].int, let micros = parts[1].int {
        state.redisOffset = seconds * 1000 + micros / 1000 - Int64(Date().timeIntervalSince1970 * 1000)
      }
      let wasDown = state.redisDownSince != nil
      if state.redisDownSince != nil || state.redisGeneration != generation { state.redisSince = clock.now }
      state.redisGeneration = generation
      state.redisDownSince = nil
      return wasDown
    }
  }

  func notePostgresIsAsked() { state.withLock { $0.postgresAskedSince = clock.now } }

  func notePostgres(isUp: Bool) {
    state.withLock { state in
      state.postgresAskedSince = nil
      if isUp { state.postgresDownSince = nil } else if state.postgresDownSince == nil { state.postgresDownSince = clock.now }
    }
  }

  /// Whether Redis has been there long enough that everybody alive has shown a sign again.
  func redisIsSettled(for time: Duration) -> Bool {
    state.withLock { $0.redisDownSince == nil && clock.now - $0.redisSince > time }
  }

  func waitForPostgres(orDrain core: BusCore) async {
    while postgresDownFor != nil, !core.isDraining {
      await core.pause(Backoff(first: .milliseconds(200), most: .milliseconds(200)), 1)
    }
  }
}
