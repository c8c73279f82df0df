import Redis
import RequestBudgets
import TestKit
import Testing

@testable import TronKit

@Suite("The budget of an API key", .timeLimit(.minutes(1)))
struct SharedBudgetTests {
  private func budget(_ redis: RedisConnection?, _ limits: RequestLimits) -> SharedRequestBudget {
    let budget = SharedRequestBudget(id: "test", limits: limits)
    if let redis { budget.connect(RedisBudgetStore(redis: redis)) }
    return budget
  }

  private func granted(_ budgets: [SharedRequestBudget], _ priority: RequestPriority, tries: Int) async -> Int {
    var count = 0
    for index in 0..<tries {
      if case .granted = await budgets[index % budgets.count].take(1, priority) { count += 1 }
    }
    return count
  }

  @Test("is one for all replicas, for a day as well")
  func shared() async throws {
    let redis = try await RedisServer.start()
    let connection = RedisConnection(configuration: redis.configuration)
    let limits = RequestLimits(perSecond: 100_000, perDay: 100)
    let replicas = (0..<3).map { _ in budget(connection, limits) }
    #expect(await granted(replicas, .refresh, tries: 300) <= 70)
    #expect(await granted(replicas, .confirmation, tries: 300) <= 30)
    let rest = await granted(replicas, .broadcast, tries: 300)
    #expect(rest <= 30 && rest > 0)
    #expect(replicas.allSatisfy { $0.isShared && $0.level.day == 0 })
    guard case .refused(let pause) = await replicas[0].take(1, .broadcast) else {
      Issue.record("the day's requests are used up")
      return
    }
    #expect(pause > .zero && pause <= .seconds(86_400))

    // A process that has just started does not begin the day anew.
    let newcomer = budget(connection, limits)
    #expect(await granted([newcomer], .broadcast, tries: 5) == 0)

    // Nor does Redis, when it has lost its memory and a replica has not.
    _ = try await connection.send(RedisCommand("FLUSHALL"))
    #expect(await granted([replicas[0]], .broadcast, tries: 5) == 0)
    #expect(await granted([newcomer], .broadcast, tries: 5) == 0)
    await connection.close()
    try await redis.stop()
  }

  @Test("gives a second's worth at once, and keeps some for what is more important")
  func second() async throws {
    let redis = try await RedisServer.start()
    let connection = RedisConnection(configuration: redis.configuration)
    // So slow that the bucket does not fill while the test runs.
    let replicas = (0..<2).map { _ in budget(connection, RequestLimits(perSecond: 1, perDay: nil)) }
    #expect(await granted(replicas, .refresh, tries: 1) == 1)
    guard case .wait(let pause) = await replicas[1].take(1, .refresh) else {
      Issue.record("the other replica has had it")
      return
    }
    #expect(pause > .zero && pause <= .milliseconds(1_001))
    try await eventually { await granted(replicas, .broadcast, tries: 1) == 1 }
    await connection.close()
    try await redis.stop()
  }

  @Test("falls into parts while Redis is away")
  func away() async throws {
    let redis = try await RedisServer.start()
    let limits = RequestLimits(perSecond: 100_000, perDay: 400)
    let alone = budget(nil, limits)
    #expect(await granted([alone], .broadcast, tries: 200) == 100)
    #expect(!alone.isShared && alone.level.day == 0)

    let connection = RedisConnection(configuration: redis.configuration)
    let replica = budget(connection, limits)
    #expect(await granted([replica], .broadcast, tries: 1) == 1)
    #expect(replica.isShared)
    try await redis.kill9()
    // What was leased may still be used; after it the replica's own part is.
    try await eventually {
      _ = await replica.take(1, .broadcast)
      return !replica.isShared
    }
    #expect(await granted([replica], .broadcast, tries: 200) <= 100)
    await connection.close()
  }

  /// A store with enough for everybody, which counts how often it is asked and for how many.
  private actor Counter: BudgetStore {
    private(set) var wanted: [Int64] = []

    func take(key: String, _ arguments: [Int64]) async throws -> [Int64?] {
      wanted.append(arguments[3])
      // So that those who come meanwhile have to wait.
      try await Task.sleep(for: .milliseconds(20))
      return [arguments[3], 0, 0, 1, wanted.reduce(0, +), 1_000]
    }
  }

  @Test("is asked for together by those who come at the same time, and gives no more than they need")
  func burst() async throws {
    let store = Counter()
    let budget = SharedRequestBudget(id: "test", limits: RequestLimits(perSecond: 1_000, perDay: nil))
    budget.connect(store)
    let granted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 { group.addTask { await budget.take(1, .confirmation) == .granted } }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    let wanted = await store.wanted
    #expect(granted == 16)
    #expect(wanted.count <= 3)
    #expect(wanted.reduce(0, +) <= 16 + 2 * 4)
  }

  @Test("tells all that wait when there is none")
  func none() async throws {
    struct Empty: BudgetStore {
      func take(key: String, _ arguments: [Int64]) async throws -> [Int64?] { [0, 400, 0, 1, 5, 0] }
    }
    let budget = SharedRequestBudget(id: "test", limits: RequestLimits(perSecond: 10, perDay: nil))
    budget.connect(Empty())
    let decisions = await withTaskGroup(of: BudgetDecision.self) { group in
      for index in 0..<9 { group.addTask { await budget.take(1, RequestPriority.allCases[index % 3]) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(decisions == Array(repeating: .wait(.milliseconds(400)), count: 9))
  }

  // MARK: The lease alone

  private func grant(_ count: Int64, day: Int64 = 1, used: Int64 = 1) -> BudgetLease.Grant {
    .init(granted: count, wait: .zero, isDayOver: false, day: day, usedToday: used, requestsLeft: 5)
  }

  @Test("is fetched in quarters of a second's need, and given up after a second")
  func lease() {
    var lease = BudgetLease()
    #expect(lease.wanted(1, .refresh) == 1)
    let atFirst = lease.take(1, .refresh, now: .zero)
    #expect(!atFirst)
    let received = lease.receive(grant(3), for: 1, .refresh, now: .zero)
    #expect(received)
    let held = [Duration.zero, .milliseconds(999), .milliseconds(999)].map { lease.take(1, .refresh, now: $0) }
    #expect(held == [true, true, false])
    let more = lease.receive(grant(3), for: 1, .refresh, now: .milliseconds(999))
    #expect(more)
    let late = lease.take(1, .refresh, now: .milliseconds(1_999))
    #expect(!late)
    for _ in 0..<7 { _ = lease.take(1, .refresh, now: .milliseconds(2_000)) }
    #expect(lease.wanted(1, .refresh) == 3)
  }

  @Test("is given up after a second also where something else is fetched for meanwhile")
  func leaseOfEach() {
    var lease = BudgetLease()
    _ = lease.receive(grant(3), for: 1, .refresh, now: .zero)
    _ = lease.receive(grant(3), for: 1, .broadcast, now: .milliseconds(600))
    let stale = lease.take(1, .refresh, now: .milliseconds(1_100))
    #expect(!stale)
    let young = (0..<3).map { _ in lease.take(1, .broadcast, now: .milliseconds(1_100)) }
    #expect(young == [true, true, false])
    // What has expired is not counted again with what is fetched later.
    _ = lease.receive(grant(2), for: 1, .refresh, now: .milliseconds(1_200))
    let later = (0..<2).map { _ in lease.take(1, .refresh, now: .milliseconds(1_200)) }
    #expect(later == [true, false])
  }

  @Test("does not hand what only broadcasts could fetch to anything else, and counts on nobody else for it")
  func reserve() {
    var lease = BudgetLease()
    func takes(_ priority: RequestPriority) -> Bool { lease.take(1, priority, now: .zero) }
    _ = lease.receive(grant(3), for: 1, .broadcast, now: .zero)
    #expect([RequestPriority.refresh, .confirmation, .broadcast].map(takes) == [false, false, true])
    _ = lease.receive(grant(2), for: 1, .refresh, now: .zero)
    // The reserved one is taken first, so that the others keep theirs.
    #expect([RequestPriority.broadcast, .refresh, .broadcast].map(takes) == [true, true, false])
    for _ in 0..<8 { _ = takes(.refresh) }
    #expect(lease.wanted(1, .broadcast) == 1)
    #expect(lease.wanted(1, .refresh) == 4)
  }

  @Test("never counts a day's requests back")
  func count() {
    var lease = BudgetLease()
    _ = lease.receive(grant(1, day: 2, used: 50), for: 1, .refresh, now: .zero)
    _ = lease.receive(grant(1, day: 2, used: 3), for: 1, .refresh, now: .zero)
    _ = lease.receive(grant(1, day: 1, used: 90), for: 1, .refresh, now: .zero)
    #expect(lease.day == 2 && lease.usedToday == 50)
    _ = lease.receive(grant(1, day: 3, used: 4), for: 1, .refresh, now: .zero)
    #expect(lease.day == 3 && lease.usedToday == 4)
    let refused = lease.receive(grant(0, day: 3, used: 4), for: 1, .refresh, now: .zero)
    #expect(!refused)
  }
}
