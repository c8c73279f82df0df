import BenchKit
import BusKit
import Foundation
import Postgres

/// Units of work publish in one process; in another a handler reads, locks and changes a row for each message. Counted
/// are the changes in Postgres at the end.
struct Durable: Sendable {
  /// Messages that one unit of work publishes, and units at once.
  private static let batch = 100
  private static let writers = 4

  private let options: Options
  private let messages: Int

  init(_ options: Options) throws {
    self.options = options
    messages = try options.count("messages", most: 10_000_000)
  }

  func measure() async throws {
    let store = try Child("durable-store-child", options)
    _ = try await store.expect("ready")
    let source = try Child("durable-source-child", options)
    _ = try await source.expect("ready")
    try store.begin()
    let start = Moment.now
    try source.begin()
    _ = try await source.expect("published")
    let publishing = start.seconds
    _ = try await store.expect("handled")
    let changed = try await untilChanged()
    let seconds = start.seconds
    try await source.stop()
    try await store.stop()
    try report([
      "rows_changed": Double(changed), "per_second": (Double(messages) / seconds).rounded(), "seconds": seconds,
      "publishing_seconds": publishing,
    ])
  }

  /// The last handler has run; its transaction may not have ended.
  private func untilChanged() async throws -> Int64 {
    let pool = PostgresPool(configuration: try options.postgres(schema: "bench_store"), size: 1)
    let deadline = ContinuousClock.now + .seconds(5)
    var changed: Int64 = 0
    while changed < messages, ContinuousClock.now < deadline {
      changed = try await pool.withSession { session in
        try session.execute("select sum(handled)::bigint as n from accounts").rows.first?.int("n") ?? 0
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    await pool.close()
    return changed
  }

  func runSource() async throws {
    var service = Service(name: "bench-source", schema: "bench_source", migrations: [])
    service.publishes([Item.topic])
    let parent = Parent()
    try await parent.run(service, options) { bus in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<Self.writers { group.addTask { try await publish(from: writer, by: bus) } }
        try await group.waitForAll()
      }
      parent.say("published")
    }
  }

  private func publish(from writer: Int, by bus: Bus) async throws {
    for first in stride(from: writer * Self.batch, to: messages, by: Self.writers * Self.batch) {
      let last = min(first + Self.batch, messages)
      try await bus.transaction { unit in
        for number in first..<last { try unit.publish(Item(number, bytes: 256)) }
      }
    }
  }

  func runStore() async throws {
    var service = Service(name: "bench-store", schema: "bench_store", migrations: [Account.migration])
    let notes = Notes<Void>(wanted: messages)
    service.handle(Item.self, needs: { [.row(Account.self, $0.account)] }) { item, unit in
      guard var account = try unit.find(Account.self, item.account) else {
        throw InvariantViolation("there is no account \(item.account)")
      }
      account.total += Int64(item.amount)
      account.handled += 1
      try unit.save(account)
      notes.add(())
    }
    let parent = Parent()
    try await parent.run(service, options) { _ in
      _ = try await notes.all()
      parent.say("handled")
    }
  }
}
