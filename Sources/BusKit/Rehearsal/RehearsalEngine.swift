import Foundation
import Logging
import Synchronization

/// Services in one process without Redis, Postgres or waiting: one step after another, and a clock that is moved by
/// hand.
///
/// Messages go over a `MemoryBroker`, units of work over a `RehearsalStore`; handlers, workspaces, schedules and
/// effects are the real ones. Nothing happens between two steps, so that what happens is the same in every run.
package final class RehearsalEngine: Sendable {
  struct State {
    var stores: [RehearsalStore]
    var faults = RehearsalFaults()
    /// nil: everything in its order.
    var random: SplitMix64?
    /// What the services have sent, in order.
    var published: [Envelope] = []
    var awaited: Set<String> = []
    var replies: [String: Envelope] = [:]
    /// Effects whose first outcome was dropped by `runsEffectsTwice`.
    var droppedOutcomes: Set<UUID> = []
    /// Steps since the clock was moved.
    var steps = 0
  }

  /// One service.
  struct Stage: Sendable {
    let service: Service
    let process: String
    let middleware: MiddlewareChain
    let metrics = MetricsRegistry()

    init(_ service: Service) {
      self.service = service
      process = "\(service.name)@rehearsal"
      middleware = MiddlewareChain(list: service.middleware)
    }
  }

  /// One partition of a topic that a service reads.
  struct Link: Sendable {
    let stage: Int
    let subscription: MemorySubscription
    let handlers: [String: MessageHandler]
  }

  enum Step: Sendable {
    case send(stage: Int)
    case claim(link: Int, id: String)
    case read(link: Int)
    case parked(stage: Int, UUID)
    case effect(stage: Int, UUID)
    case tick(stage: Int, ScheduledWork)
  }

  /// The rehearsed commit has not happened.
  struct CommitFailed: Error {}

  let stages: [Stage]
  let links: [Link]
  let broker: MemoryBroker
  let clock: RehearsalClock
  let timing: BusTiming
  let logger: Logger
  /// More steps than this at one moment are a ring of messages that never ends.
  private let stepsMax: Int
  let state: Mutex<State>

  package init(
    _ services: [Service], start: Date, seed: UInt64?, timing: BusTiming, stepsMax: Int, logger: Logger
  ) throws {
    let names = services.map(\.name)
    guard Set(names).count == names.count else {
      throw RehearsalError("two services have the same name: \(names.joined(separator: ", "))")
    }
    for service in services {
      let faults = service.handlers.values.map(\.versionFault) + service.queries.values.map(\.versionFault)
      for fault in faults { if let fault { throw fault } }
    }
    let clock = RehearsalClock(start)
    let broker = MemoryBroker { clock.milliseconds }
    self.clock = clock
    self.broker = broker
    self.timing = timing
    self.stepsMax = stepsMax
    self.logger = logger
    stages = services.map { Stage($0) }
    links = try Self.links(of: services, broker: broker, lease: timing.lease)
    let stores = services.map { Self.store(for: $0, now: clock.now) }
    state = Mutex(State(stores: stores, random: seed.map { SplitMix64(seed: $0) }))
  }

  private static func links(of services: [Service], broker: MemoryBroker, lease: Duration) throws -> [Link] {
    var links: [Link] = []
    for (stage, service) in services.enumerated() {
      for topic in service.topics {
        for partition in 0..<topic.partitions {
          let options = SubscriptionOptions(
            topic: topic, partition: partition, group: service.name, consumer: "\(service.name)@rehearsal",
            lease: lease)
          try broker.makeGroup(service.name, of: options.stream)
          links.append(
            Link(stage: stage, subscription: MemorySubscription(options, broker: broker), handlers: service.handlers))
        }
      }
    }
    return links
  }

  private static func store(for service: Service, now: Date) -> RehearsalStore {
    var store = RehearsalStore(publishedTopics: Set(service.publishedTopics.map(\.name)))
    for work in service.schedules {
      store.schedules[work.name] = ScheduleRow(
        name: work.name, definition: work.schedule.definition, nextAt: work.schedule.first(now: now, previous: nil),
        attempts: 0, retryAt: nil)
    }
    return store
  }

  package var now: Date { clock.now }

  package var faults: RehearsalFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  // MARK: - Going on

  /// Goes on until nothing is due any more.
  package func settle() async throws { while try await step() {} }

  /// Lets time pass: everything that comes due on the way is done at its own time.
  package func advance(by time: Duration) async throws {
    let end = clock.now.addingTimeInterval(time.timeInterval)
    repeat { try await settle() } while move(until: end)
  }

  /// Moves the clock to the next thing that comes due, at most to `end`. False when it stands there already and nothing
  /// is due.
  func move(until end: Date) -> Bool {
    guard clock.now < end else { return false }
    clock.move(to: min(end, nextDue() ?? end))
    state.withLock { $0.steps = 0 }
    return true
  }

  /// Does one thing that is due. False: there is nothing.
  func step() async throws -> Bool {
    try Task.checkCancellation()
    guard let step = pick() else { return false }
    let steps = state.withLock { state in
      state.steps += 1
      return state.steps
    }
    guard steps <= stepsMax else {
      throw RehearsalError("\(stepsMax) steps and no end: two handlers may be sending messages to each other")
    }
    switch step {
    case .send(let stage): try await send(stage)
    case .claim(let link, let id): try await claim(id, links[link])
    case .read(let link): try await read(links[link])
    case .parked(let stage, let id): try await runParked(id, stage)
    case .effect(let stage, let id): try await perform(id, stage)
    case .tick(let stage, let work): try tick(work, stage)
    }
    return true
  }

  private func pick() -> Step? {
    let kinds = [dueSends, dueClaims, dueReads, dueParked, dueEffects, dueTicks]
    guard state.withLock({ $0.random != nil }) else {
      for kind in kinds { if let first = kind().first { return first } }
      return nil
    }
    let all = kinds.flatMap { $0() }
    return all.isEmpty ? nil : all[draw(below: all.count)]
  }

  /// 0 without a seed.
  func draw(below count: Int) -> Int {
    state.withLock { state in
      guard var random = state.random else { return 0 }
      defer { state.random = random }
      return Int.random(in: 0..<count, using: &random)
    }
  }

  // MARK: - What is due

  private func dueSends() -> [Step] {
    let now = clock.now
    return state.withLock { state in
      state.stores.indices
        .filter { state.stores[$0].outbox.contains { $0.availableAt <= now } }.map { .send(stage: $0) }
    }
  }

  private func dueClaims() -> [Step] {
    links.indices.flatMap { link in
      broker.abandoned(links[link].subscription.options).ids.map { .claim(link: link, id: $0) }
    }
  }

  private func dueReads() -> [Step] {
    links.indices.filter { broker.hasUnread(links[$0].subscription.options) }.map { .read(link: $0) }
  }

  private func dueParked() -> [Step] {
    let now = clock.now
    return state.withLock { state in
      state.stores.indices.flatMap { stage in
        state.stores[stage].parked.filter { $0.dueAt <= now }.map { .parked(stage: stage, $0.envelope.id) }
      }
    }
  }

  private func dueEffects() -> [Step] {
    let now = clock.now
    return state.withLock { state in
      state.stores.indices.flatMap { stage in
        RehearsalEffect.due(state.stores[stage].effects, now: now)
          .map { .effect(stage: stage, $0) }
      }
    }
  }

  private func dueTicks() -> [Step] {
    let now = clock.now
    return state.withLock { state in
      stages.indices.flatMap { stage in
        stages[stage].service.schedules
          .filter { work in state.stores[stage].schedules[work.name].map { $0.dueAt <= now } ?? false }
          .map { .tick(stage: stage, $0) }
      }
    }
  }

  private func nextDue() -> Date? {
    let now = clock.now
    let leases = links.compactMap { broker.abandoned($0.subscription.options).nextAt }.map { Date(milliseconds: $0) }
    let others: [Date] = state.withLock { $0.stores.flatMap(\.times) }
    return (leases + others).filter { $0 > now }.min()
  }

  // MARK: - Transactions

  /// Runs a unit of work on what it sees, and applies it if nobody else has changed that meanwhile.
  /// - Parameter alongside: what changes with it, in the same commit.
  func transact<T: Sendable>(
    _ stage: Int, alongside: (inout RehearsalStore) -> Void = { _ in },
    _ run: (RehearsalStore, Date) throws -> (T, RehearsalStore.Changes)
  ) throws -> T {
    while true {
      let (version, value, changes) = try attempt(stage, run)
      let isDone = try state.withLock { state in
        guard state.stores[stage].version == version else { return false }
        if state.faults.commitsToFail > 0 {
          state.faults.commitsToFail -= 1
          throw CommitFailed()
        }
        try state.stores[stage].apply(changes)
        alongside(&state.stores[stage])
        state.stores[stage].withdraw(changes)
        return true
      }
      if isDone { return value }
    }
  }

  /// Holds no second reference to the store when it returns: changing it then copies nothing.
  private func attempt<T>(
    _ stage: Int, _ run: (RehearsalStore, Date) throws -> (T, RehearsalStore.Changes)
  ) throws -> (Int, T, RehearsalStore.Changes) {
    let store = state.withLock { $0.stores[stage] }
    let (value, changes) = try run(store, clock.now)
    return (store.version, value, changes)
  }

  func bus(_ stage: Int) -> Bus { Bus(host: RehearsalHost(engine: self, stage: stage)) }
}

/// What a test asked of its rehearsal that it cannot do.
public struct RehearsalError: Error, CustomStringConvertible {
  /// What the rehearsal cannot do, or was asked wrongly.
  public let description: String
  package init(_ description: String) { self.description = description }
}

/// A clock that stands until it is moved; never back.
final class RehearsalClock: Sendable {
  private let time: Mutex<Date>

  init(_ start: Date) { time = Mutex(Date(milliseconds: Int64((start.timeIntervalSince1970 * 1000).rounded()))) }

  var now: Date { time.withLock { $0 } }
  var milliseconds: Int64 { Int64((now.timeIntervalSince1970 * 1000).rounded()) }

  func move(to later: Date) { time.withLock { $0 = max($0, later) } }
}
