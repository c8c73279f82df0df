import BenchKit
import BusKit
import Contracts
import Foundation
import Redis
import Synchronization
import TronKit

/// Takes order-svc's place before real wallet-svc processes: holds each order's price, captures it as soon as it is
/// held, and counts what was captured. So many orders are under way at once.
struct Orders: Sendable {
  /// Commands that are published together.
  private static let chunk = 100
  private static let price = Sun(3_900_000)
  /// The part of the orders at the start that only warms up.
  private static let warming = 0.1
  private static let patience: Duration = .seconds(120)

  private let redis: RedisConfiguration
  private let customers: Int
  private let orders: Int
  private let inFlight: Int

  init(_ options: Options) throws {
    redis = RedisConfiguration(address: .unix(path: try options.text("redis")), clientName: "wallet-bench")
    customers = try options.count("customers", most: 1_000_000)
    orders = try options.count("orders", most: 10_000_000)
    inFlight = try options.count("in-flight", most: 100_000)
  }

  func measure() async throws -> Figure {
    let logger = JSONLog.logger(service: "wallet-bench", level: .warning)
    return try await BusClient(redis: redis, name: "order-svc-bench", logger: logger).run { client in
      let progress = Progress(orders: orders, warming: Int(Double(orders) * Self.warming))
      let shop = client.runtime(of: Self.shop(client, progress))
      let other = client.runtime(of: Self.other())
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await shop.run() }
        group.addTask { try await other.run() }
        try await place(client, progress)
        let seconds = try await progress.finished(within: Self.patience)
        shop.stop()
        other.stop()
        try await group.waitForAll()
        return Figure("orders_per_second", Double(progress.counted) / seconds)
      }
    }
  }

  /// Customers in turn, so that each batch meets many accounts and some of them more than once.
  private func place(_ client: BusClient, _ progress: Progress) async throws {
    for first in stride(from: 0, to: orders, by: Self.chunk) {
      let last = min(first + Self.chunk, orders)
      try await progress.untilRoom(for: last, inFlight: inFlight, within: Self.patience)
      try await client.publish(
        (first..<last).map { number in
          HoldFunds(order: .make(), customer: Self.customer(number * 7 % customers), amount: Self.price)
        })
    }
  }

  /// As `Benchmarks/wallet.py` names those whom it gives money.
  static func customer(_ number: Int) -> CustomerID { CustomerID(text: "cus_" + String(format: "%032x", number)) }

  private static func shop(_ client: BusClient, _ progress: Progress) -> Consumer {
    var consumer = Consumer(group: ServiceName.order)
    consumer.handleBatches(FundsHeld.self) { held in
      try await client.publish(
        held.map { CaptureHold(order: $0.message.order, customer: $0.message.customer, amount: $0.message.amount) })
    }
    consumer.handleBatches(HoldSettled.self) { settled in
      progress.settle(settled.filter { $0.message.captured == price }.count)
    }
    consumer.handle(FundsRefused.self) { event, _ in progress.fail("the hold of \(event.order) was refused") }
    consumer.handle(HoldContradicted.self) { event, _ in progress.fail(event.detail) }
    return consumer
  }

  /// The events' other essential reader has no use for these.
  private static func other() -> Consumer {
    var consumer = Consumer(group: ServiceName.session)
    consumer.ignore(FundsHeld.self)
    consumer.ignore(FundsRefused.self)
    consumer.ignore(HoldSettled.self)
    consumer.ignore(HoldContradicted.self)
    return consumer
  }
}

/// How many orders were paid for, and in what time.
private final class Progress: Sendable {
  private struct State {
    var settled = 0
    var start: ContinuousClock.Instant?
    var end: ContinuousClock.Instant?
    var failure: String?
  }

  private let orders: Int
  private let warming: Int
  private let state = Mutex(State())

  init(orders: Int, warming: Int) {
    self.orders = orders
    self.warming = warming
  }

  /// Orders within the time that is measured.
  var counted: Int { state.withLock { $0.settled } - warming }

  func settle(_ count: Int) {
    state.withLock { state in
      state.settled += count
      if state.start == nil, state.settled >= warming { state.start = .now }
      if state.settled >= orders { state.end = .now }
    }
  }

  func fail(_ reason: String) { state.withLock { $0.failure = $0.failure ?? reason } }

  func untilRoom(for last: Int, inFlight: Int, within patience: Duration) async throws {
    try await wait(within: patience) { last - $0.settled <= inFlight }
  }

  /// The seconds between the end of the warming up and the last order.
  func finished(within patience: Duration) async throws -> Double {
    try await wait(within: patience) { $0.settled >= orders }
    return try state.withLock { state in
      guard let start = state.start, let end = state.end else { throw BenchFailure("nothing was measured") }
      return (end - start) / .seconds(1)
    }
  }

  private func wait(within patience: Duration, until isSo: (State) -> Bool) async throws {
    let deadline = ContinuousClock.now + patience
    while true {
      let now = state.withLock { $0 }
      if let failure = now.failure { throw BenchFailure(failure) }
      if isSo(now) { return }
      guard ContinuousClock.now < deadline else {
        throw BenchFailure("\(now.settled) of \(orders) orders were captured, and no more within \(patience)")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
