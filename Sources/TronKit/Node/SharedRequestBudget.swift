import Crypto
import Foundation
import Synchronization

/// Where the requests of all processes are counted: Redis, which runs `SharedRequestBudget.script`.
public protocol BudgetStore: Sendable {
  /// Runs the script with this key and these arguments, and gives the numbers that it answers with.
  func take(key: String, _ arguments: [Int64]) async throws -> [Int64?]
}

/// The requests of one API key, counted across all replicas and all services that use it: a bucket and a day's count in
/// Redis. While Redis is away, and before it is connected, each replica makes do with a part of its own.
///
/// May also refuse too much: requests that were fetched and not used count as used.
public final class SharedRequestBudget: RequestBudget {
  /// Into how many parts the limits fall when the replicas cannot see each other: as many as are thought of.
  public static let assumedReplicas: Int64 = 4
  /// How long Redis is left alone after it failed.
  public static let pauseAfterFailure = Duration.seconds(1)

  /// How long a request waits for Redis.
  static let patience = Duration.milliseconds(250)

  public let id: String
  public let limits: RequestLimits
  private let share: LocalRequestBudget
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private struct State {
    var store: (any BudgetStore)?
    var pausedUntil = Duration.zero
    var lease = BudgetLease()
    var isShared = false
    /// Whether somebody asks the store: then the others wait for what comes of it.
    var isFetching = false
    var waiting: [Waiting] = []
  }

  private struct Waiting {
    let count: Int64
    let priority: RequestPriority
    let continuation: CheckedContinuation<Turn, Never>
  }

  private enum Turn: Sendable {
    case decided(BudgetDecision)
    /// Asks the store for itself and for all that wait.
    case lead
    /// Without the store.
    case alone
  }

  /// What came of asking the store once.
  private enum Outcome {
    case granted
    /// Holds for whoever is no more important and wants no less.
    case refused(BudgetDecision)
    case failed
    /// The caller has gone, which says nothing about the store.
    case cancelled
  }

  /// The id under which all that use one key share a budget, in whatever service; without a key, all that ask one host.
  /// Shows nothing of the key.
  public static func id(apiKey: String?, url: String) -> String {
    let subject = apiKey.map { "key " + $0 } ?? "host " + (URLComponents(string: url)?.host ?? url)
    return Hex.encode(SHA256.hash(data: Data(subject.utf8)).prefix(8))
  }

  /// - Parameter id: the same in all replicas: see `id(apiKey:url:)`.
  public init(id: String, limits: RequestLimits) {
    self.id = id
    self.limits = limits
    share = LocalRequestBudget(limits.divided(by: Self.assumedReplicas))
  }

  /// From now on the replicas see each other.
  public func connect(_ store: any BudgetStore) { state.withLock { $0.store = store } }

  /// Whether the last request was counted together with those of the other replicas.
  public var isShared: Bool { state.withLock { $0.isShared } }

  private var now: Duration { ContinuousClock.now - start }

  public var level: BudgetLevel {
    let (lease, isShared) = state.withLock { ($0.lease, $0.isShared) }
    guard isShared, let left = lease.requestsLeft else { return share.level }
    // The bucket fills by itself: what was heard a while ago says little about this moment, but the day's count does.
    return BudgetLevel(requests: max(1, left), day: limits.perDay.map { max(0, $0 - lease.usedToday) })
  }

  public func take(_ count: Int, _ priority: RequestPriority) async -> BudgetDecision {
    let wanted = Int64(count)
    let turn = await withCheckedContinuation { continuation in
      let now = now
      let turn: Turn? = state.withLock { state in
        if state.lease.take(wanted, priority, now: now) { return .decided(.granted) }
        guard state.store != nil, now >= state.pausedUntil else { return .alone }
        guard !state.isFetching else {
          state.waiting.append(Waiting(count: wanted, priority: priority, continuation: continuation))
          return nil
        }
        state.isFetching = true
        return .lead
      }
      if let turn { continuation.resume(returning: turn) }
    }
    switch turn {
    case .decided(let decision): return decision
    case .alone: return await share.take(count, priority)
    case .lead: break
    }
    let outcome = await lead(wanted, priority)
    passOn(outcome, wanted, priority)
    switch outcome {
    case .granted: return .granted
    case .refused(let decision): return decision
    case .failed: return await share.take(count, priority)
    case .cancelled: return .wait(.milliseconds(1))
    }
  }

  private func lead(_ count: Int64, _ priority: RequestPriority) async -> Outcome {
    let (store, lease, others) = state.withLock { state in
      // What is kept for the more important is not fetched for the others.
      let others = state.waiting.filter { $0.priority.reservePercent <= priority.reservePercent }
      return (state.store, state.lease, others.reduce(0) { $0 + $1.count })
    }
    guard let store else { return .failed }
    do {
      let grant = try await fetchSoon(lease, count, lease.wanted(count, priority) + others, priority, store)
      let isGranted = state.withLock { state in
        state.isShared = true
        return state.lease.receive(grant, for: count, priority, now: self.now)
      }
      return isGranted ? .granted : .refused(grant.isDayOver ? .refused(grant.wait) : .wait(grant.wait))
    } catch is CancellationError {
      return .cancelled
    } catch {
      state.withLock { state in
        state.isShared = false
        state.pausedUntil = self.now + Self.pauseAfterFailure
      }
      return .failed
    }
  }

  /// Tells those that waited what they have got. The first for whom it decides nothing asks next.
  private func passOn(_ outcome: Outcome, _ count: Int64, _ priority: RequestPriority) {
    let turns = state.withLock { state in
      let waiting = state.waiting.sorted { $0.priority.reservePercent < $1.priority.reservePercent }
      state.waiting = []
      state.isFetching = false
      var turns: [(Waiting, Turn)] = []
      for other in waiting {
        if state.lease.takeHeld(other.count, other.priority, now: now) {
          turns.append((other, .decided(.granted)))
        } else if case .refused(let decision) = outcome, other.count >= count,
          other.priority.reservePercent >= priority.reservePercent
        {
          turns.append((other, .decided(decision)))
        } else if case .failed = outcome {
          turns.append((other, .alone))
        } else if !state.isFetching {
          state.isFetching = true
          turns.append((other, .lead))
        } else {
          state.waiting.append(other)
        }
      }
      return turns
    }
    for (other, turn) in turns { other.continuation.resume(returning: turn) }
  }

  // MARK: - The store

  /// Fills the bucket by Redis' clock and takes up to `wanted`, at least `count` or nothing. The day's count is never
  /// less than the replica knows.
  public static let script =
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
    """

  private func fetchSoon(
    _ lease: BudgetLease, _ count: Int64, _ wanted: Int64, _ priority: RequestPriority, _ store: any BudgetStore
  ) async throws -> BudgetLease.Grant {
    try await withThrowingTaskGroup(of: BudgetLease.Grant.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await self.fetch(lease, count, wanted, priority, store) }
      group.addTask {
        try await Task.sleep(for: Self.patience)
        throw StoreFailure(description: "the budget was not answered within \(Self.patience)")
      }
      guard let grant = try await group.next() else { throw CancellationError() }
      return grant
    }
  }

  private func fetch(
    _ lease: BudgetLease, _ count: Int64, _ wanted: Int64, _ priority: RequestPriority, _ store: any BudgetStore
  ) async throws -> BudgetLease.Grant {
    let values = try await store.take(
      key: "cache:tron-budget:\(id)",
      [
        limits.perSecond, limits.perDay ?? 0, count, wanted, Int64(priority.reservePercent), lease.day,
        lease.usedToday,
      ])
    guard values.count == 6, let granted = values[0], let wait = values[1], let over = values[2], let day = values[3],
      let used = values[4], let left = values[5]
    else { throw StoreFailure(description: "the budget's script answered \(values)") }
    return BudgetLease.Grant(
      granted: granted, wait: .milliseconds(wait), isDayOver: over == 1, day: day, usedToday: used,
      requestsLeft: left)
  }

  private struct StoreFailure: Error, CustomStringConvertible {
    let description: String
  }
}
