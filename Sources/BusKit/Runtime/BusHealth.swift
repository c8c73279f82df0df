import Foundation
import Postgres
import Redis
import Synchronization

/// What this process knows of its Redis and Postgres: asked every 1.5 s, and Redis' clock with it.
final class BusHealth: Sendable {
  private struct State {
    var redisDownSince: ContinuousClock.Instant?
    var postgresDownSince: ContinuousClock.Instant?
    var redisGeneration = 0
    var redisSince: ContinuousClock.Instant
    var redisOffset: Int64 = 0
    var isReady = false
  }

  private let state: Mutex<State>
  private let clock = ContinuousClock()

  init() { state = Mutex(State(redisSince: ContinuousClock().now)) }

  var redisDownFor: Duration? { state.withLock { $0.redisDownSince.map { clock.now - $0 } } }
  var postgresDownFor: Duration? { state.withLock { $0.postgresDownSince.map { clock.now - $0 } } }
  var isReady: Bool {
    get { state.withLock { $0.isReady && $0.redisDownSince == nil && $0.postgresDownSince == nil } }
    set { state.withLock { $0.isReady = newValue } }
  }

  /// Redis' time, from its last answer and the process' own clock since.
  var redisMilliseconds: Int64 {
    Int64(Date().timeIntervalSince1970 * 1000) + state.withLock { $0.redisOffset }
  }

  func noteRedis(time reply: RedisValue?, generation: Int) {
    state.withLock { state in
      guard let reply else {
        if state.redisDownSince == nil { state.redisDownSince = clock.now }
        return
      }
      if let seconds = reply.array?.first?.int {
        state.redisOffset = seconds * 1000 - Int64(Date().timeIntervalSince1970 * 1000)
      }
      if state.redisDownSince != nil || state.redisGeneration != generation { state.redisSince = clock.now }
      state.redisGeneration = generation
      state.redisDownSince = nil
    }
  }

  func notePostgres(isUp: Bool) {
    state.withLock { state in
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
