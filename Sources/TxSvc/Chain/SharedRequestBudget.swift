import Redis
import Synchronization
import TronKit

/// The requests of one API key, counted across all replicas: a bucket and a day's count in Redis. While Redis is away,
/// and before it is connected, each replica makes do with a part of its own.
///
/// May also refuse too much: requests that were fetched and not used count as used.
final class SharedRequestBudget: RequestBudget {
  /// Into how many parts the limits fall when the replicas cannot see each other: as many as are thought of.
  static let assumedReplicas: Int64 = 4
  /// How long Redis is left alone after it failed.
  static let pauseAfterFailure = Duration.seconds(1)

  /// How long a request waits for Redis.
  static let patience = Duration.milliseconds(250)

  let id: String
  let limits: RequestLimits
  private let share: LocalRequestBudget
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private struct State {
    var redis: RedisConnection?
    var pausedUntil = Duration.zero
    var lease = BudgetLease()
    var isShared = false
  }

  /// - Parameter id: the same in all replicas; shows nothing of the key.
  init(id: String, limits: RequestLimits) {
    self.id = id
    self.limits = limits
    share = LocalRequestBudget(limits.divided(by: Self.assumedReplicas))
  }

  /// From now on the replicas see each other.
  func connect(_ redis: RedisConnection) { state.withLock { $0.redis = redis } }

  /// Whether the last request was counted together with those of the other replicas.
  var isShared: Bool { state.withLock { $0.isShared } }

  private var now: Duration { ContinuousClock.now - start }

  var level: BudgetLevel {
    let (lease, isShared) = state.withLock { ($0.lease, $0.isShared) }
    guard isShared, let left = lease.requestsLeft else { return share.level }
    // The bucket fills by itself: what was heard a while ago says little about this moment, but the day's count does.
    return BudgetLevel(requests: max(1, left), day: limits.perDay.map { max(0, $0 - lease.usedToday) })
  }

  func take(_ count: Int, _ priority: RequestPriority) async -> BudgetDecision {
    let count = Int64(count)
    let now = now
    let plan: (isLeased: Bool, redis: RedisConnection?, lease: BudgetLease) = state.withLock { state in
      let isLeased = state.lease.take(count, now: now)
      return (isLeased, now < state.pausedUntil ? nil : state.redis, state.lease)
    }
    if plan.isLeased { return .granted }
    guard let redis = plan.redis else { return await share.take(Int(count), priority) }
    do {
      let grant = try await fetchSoon(plan.lease, count, priority, redis)
      let isGranted = state.withLock { state in
        state.isShared = true
        return state.lease.receive(grant, for: count, now: self.now)
      }
      if isGranted { return .granted }
      return grant.isDayOver ? .refused(grant.wait) : .wait(grant.wait)
    } catch is CancellationError {
      // The caller has gone, which says nothing about Redis; its own wait ends with the cancellation.
      return .wait(.milliseconds(1))
    } catch {
      state.withLock { state in
        state.isShared = false
        state.pausedUntil = self.now + Self.pauseAfterFailure
      }
      return await share.take(Int(count), priority)
    }
  }

  // MARK: - Redis

  /// Fills the bucket by Redis' clock and takes up to `wanted`, at least `count` or nothing. The day's count is never
  /// less than the replica knows.
  private static let script = RedisScript(
    """
    local rate, perday = tonumber(ARGV[1]), tonumber(ARGV[2])
    local count, wanted, reserve = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
    local knownday, knownused = tonumber(ARGV[6]), tonumber(ARGV[7])
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    local today = math.floor(tonumber(time[1]) / 86400)
    local old = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'day', 'used')
    local tokens, at = tonumber(old[1]) or rate, tonumber(old[2]) or now
    local used = 0
    if tonumber(old[3]) == today then used = tonumber(old[4]) or 0 end
    if knownday == today and knownused > used then used = knownused end
    tokens = math.min(rate, tokens + math.max(0, now - at) * rate / 1000)
    local wait, over, granted = 0, 0, 0
    local spare = tokens - rate * reserve / 100
    if perday > 0 and used + count > perday - math.floor(perday * reserve / 100) then
      over = 1
      wait = ((today + 1) * 86400 - tonumber(time[1])) * 1000
    elseif spare < count and tokens < rate then
      wait = math.ceil((math.min(count + rate * reserve / 100, rate) - tokens) * 1000 / rate) + 1
    else
      granted = math.max(count, math.min(wanted, math.floor(spare)))
      if perday > 0 then
        granted = math.max(count, math.min(granted, perday - math.floor(perday * reserve / 100) - used))
      end
      tokens = tokens - granted
      used = used + granted
    end
    redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now, 'day', today, 'used', used)
    redis.call('PEXPIRE', KEYS[1], 172800000)
    return {granted, wait, over, today, used, math.max(0, math.floor(tokens))}
    """)

  private func fetchSoon(
    _ lease: BudgetLease, _ count: Int64, _ priority: RequestPriority, _ redis: RedisConnection
  ) async throws -> BudgetLease.Grant {
    try await withThrowingTaskGroup(of: BudgetLease.Grant.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await self.fetch(lease, count, priority, redis) }
      group.addTask {
        try await Task.sleep(for: Self.patience)
        throw RedisError(.timeout, "the budget was not answered within \(Self.patience)")
      }
      guard let grant = try await group.next() else { throw CancellationError() }
      return grant
    }
  }

  private func fetch(
    _ lease: BudgetLease, _ count: Int64, _ priority: RequestPriority, _ redis: RedisConnection
  ) async throws -> BudgetLease.Grant {
    let reply = try await redis.run(
      Self.script, keys: ["cache:tron-budget:\(id)"],
      arguments: [
        .init(limits.perSecond), .init(limits.perDay ?? 0), .init(count), .init(lease.wanted(count)),
        .init(priority.reservePercent), .init(lease.day), .init(lease.usedToday),
      ])
    guard let values = reply.array?.map(\.int), values.count == 6, let granted = values[0], let wait = values[1],
      let over = values[2], let day = values[3], let used = values[4], let left = values[5]
    else { throw RedisError(.protocolViolation, "the budget's script answered \(reply)") }
    return BudgetLease.Grant(
      granted: granted, wait: .milliseconds(wait), isDayOver: over == 1, day: day, usedToday: used,
      requestsLeft: left)
  }
}
