import BusKit
import Contracts
import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import Gateway

@Suite struct UpdateApplierTests {
  private func entry(_ id: Int64, _ user: Int64, _ text: String) -> JournalEntry {
    let person: JSONValue = ["id": .int(user), "is_bot": false, "first_name": "Ann", "language_code": "en"]
    let message: JSONValue = [
      "message_id": 1, "date": 1, "text": .string(text), "from": person, "chat": ["id": .int(user), "type": "private"],
    ]
    return JournalEntry(receivedAt: Date(), update: ["update_id": .int(id), "message": message])
  }

  @Test func `One person's updates come in order, and hold up others no longer than a lock may`() async throws {
    try await RunningGateway.run { world in
      func inputs(_ user: Int64) async throws -> Int64 {
        let customer = CustomerID.telegram(userID: user, installationSecret: RunningGateway.secret)
        return try await world.count("outbox where key = '\(customer)'")
      }
      world.telegram.text("/start", update: 5)
      try await eventually("the first is sent") { try await inputs(42) == 1 }

      let folder = NSTemporaryDirectory() + "journal-" + UUID().uuidString
      let journal = try UpdateJournal(
        directory: folder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      try await journal.append([
        entry(101, 42, "/menu"), entry(102, 42, "/help"), entry(103, 43, "/start"), entry(104, 44, "/start"),
      ])
      let isReleased = Mutex(false)
      async let holder: Void = world.bus.read { session in
        _ = try session.execute(
          "with held as materialized (select 1 from telegram_chats for update) select pg_sleep(6) from held")
        isReleased.withLock { $0 = true }
      }
      try await eventually("the row is held") {
        try await world.count("pg_stat_activity where wait_event = 'PgSleep'") == 1
      }
      let applying = Task {
        try await UpdateApplier(journal: journal, installationSecret: RunningGateway.secret).run(world.bus)
      }
      try await eventually("the others' are sent") {
        let others = (try await inputs(43), try await inputs(44))
        return others == (1, 1)
      }
      #expect(isReleased.withLock { $0 } == false)
      #expect(try await inputs(42) == 1)
      try await holder
      try await eventually(within: .seconds(20), "all are applied") { journal.waitingCount == 0 }
      try await eventually("all are sent") { try await world.inputs().count == 5 }
      let own = try await world.inputs().filter { $0.customer == RunningGateway.customer }
      #expect(own.map(\.kind) == [.text("/start"), .text("/menu"), .text("/help")])
      applying.cancel()
      _ = await applying.result
      try FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test func `Updates of many people share transactions`() async throws {
    try await RunningGateway.run { world in
      let folder = NSTemporaryDirectory() + "journal-" + UUID().uuidString
      let journal = try UpdateJournal(
        directory: folder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let people = 1_000..<1_200
      try await journal.append(people.map { entry(Int64($0), Int64($0), "/start") })
      let applying = Task {
        try await UpdateApplier(journal: journal, installationSecret: RunningGateway.secret).run(world.bus)
      }
      try await eventually("all are applied") { journal.waitingCount == 0 }
      let counts = try await world.bus.read { session in
        try session.execute(
          "select count(*) as n, count(distinct xmin::text) as writes from outbox where type = $1",
          [.text(UserInput.messageType)]
        ).rows.first.map { (try $0.int("n"), try $0.int("writes")) }
      }
      let (sent, writes) = try #require(counts)
      #expect(sent == people.count)
      #expect(writes <= people.count / 4)
      applying.cancel()
      _ = await applying.result
      try FileManager.default.removeItem(atPath: folder)
    }
  }
}
