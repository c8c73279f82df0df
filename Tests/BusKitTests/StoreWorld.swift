import Foundation
import Postgres
import TestKit

@testable import BusKit

/// A database with the bus' own tables, and nothing else.
struct StoreWorld: Sendable {
  let conninfo: String
  let pool: PostgresPool

  static func run(
    migrations: [Migration] = BusMigrations.all, _ body: (StoreWorld) async throws -> Void
  ) async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let world = StoreWorld(conninfo: conninfo, pool: Self.pool(conninfo, size: 4))
    do {
      try await world.migrate(migrations)
      try await body(world)
      await world.pool.close()
    } catch {
      await world.pool.close()
      throw error
    }
  }

  static func pool(_ conninfo: String, size: Int) -> PostgresPool {
    PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "store", searchPath: "bus"), size: size)
  }

  func migrate(_ migrations: [Migration] = BusMigrations.all) async throws {
    try await Migrator.run(pool, schema: "bus", component: "bus", migrations: migrations)
  }

  @discardableResult
  func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresResult {
    try await pool.withSession { try $0.execute(sql, parameters) }
  }

  func number(_ sql: String) async throws -> Int64? { try await execute(sql).rows.first?.int("n") }

  func texts(_ sql: String) async throws -> [String] { try await execute(sql).rows.map { try $0.string("t") } }

  func now() async throws -> Date {
    guard let row = try await execute("select clock_timestamp() as now").rows.first else { throw Refusal() }
    return try row.date("now")
  }

  /// A message as a unit of work would have written it `age` ago.
  func record(_ text: String = "", topic: String = "test.events", key: String = "k", age: Duration = .zero) async throws
    -> OutboxRecord
  {
    let created = try await now().addingTimeInterval(-age.timeInterval)
    let envelope = Envelope(
      id: .v7(milliseconds: Int64(created.timeIntervalSince1970 * 1000)), type: "test.Told", version: 1, key: key,
      createdAt: created, correlation: "c", body: Array(text.utf8))
    return OutboxRecord(envelope: envelope, topicName: topic, streamKey: "stream", isTransient: false)
  }

  func insert(_ records: [OutboxRecord]) async throws {
    try await pool.transaction { session in
      try OutboxStore.enqueueInsert(records.map { .init(record: $0) }, grace: .zero, in: session)
    }
  }

  /// Marks records sent as the publisher does.
  func markSent(
    _ records: [OutboxRecord], epoch: String = "e1", runID: String = "r1", arePrompt: Bool = false
  ) async throws {
    try await pool.transaction { session in
      try OutboxStore.markSent(
        records, life: BrokerLife(epoch: epoch, runID: runID), arePrompt: arePrompt, in: session)
    }
  }

  @discardableResult
  func compare(epoch: String, runID: String = "r1") async throws -> Bool {
    try await pool.transaction { try EpochStore.compare(epoch: epoch, runID: runID, in: $0) }
  }

  /// As seen in the server process with which `compare` begins.
  @discardableResult
  func note(floor: Date?, of readers: String = "r", epoch: String, runID: String = "r1") async throws -> Bool {
    try await pool.transaction {
      try EpochStore.note(floor: floor, of: readers, life: BrokerLife(epoch: epoch, runID: runID), in: $0)
    }
  }

  /// Does every step of a resend that is due; returns the rows of each.
  func resend(limit: Int = 1000) async throws -> [Int] {
    var steps: [Int] = []
    while let count = try await pool.transaction({ try Resend.step(limit: limit, in: $0) }) { steps.append(count) }
    return steps
  }

  func unsent() async throws -> Int64? { try await number("select count(*) as n from outbox_queue") }
}
