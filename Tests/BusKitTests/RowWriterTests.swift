import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// Many rows of a table are written by one statement; what lands must be what one statement per row would write.
struct RowWriterTests {
  private struct Thing: Row {
    struct Part: Codable, Equatable { var name: String }
    static let table = "things"
    let id: UUID
    var word: String?
    var count: Int
    var ratio: Double
    var flag: Bool?
    var at: Date?
    var bytes: Data
    var parts: [Part]
    var price: String
    var rowKey: String { id.text }
  }

  private static let table = """
    create table things (
      id uuid primary key, word text unique, count int not null, ratio double precision not null, flag boolean,
      at timestamptz, bytes bytea not null, parts jsonb not null, price numeric(10, 2) not null)
    """

  private struct Tagged: Row {
    static let table = "tagged"
    let id: String
    var tags: String
    var rowKey: String { id }
  }

  private struct Short: Row {
    static let table = "short"
    let id: String
    var word: String
    var rowKey: String { id }
  }

  private struct Numbered: Row {
    static let table = "numbered"
    static let isNumbered = true
    let id: String
    var note: String?
    var rowKey: String { id }
  }

  private func thing(_ number: Int, word: String? = nil) -> Thing {
    Thing(
      id: UUID(), word: word ?? #"a "quoted" \ word, {NULL} \#(number)"#, count: number, ratio: Double(number) / 3,
      flag: number % 3 == 0 ? nil : number % 2 == 0,
      at: number % 2 == 0 ? nil : Date(timeIntervalSince1970: 1_795_000_000 + Double(number)),
      bytes: Data((0..<number).map { UInt8($0) } + [0, 92, 34]), parts: [.init(name: #"\"é,"#)], price: "\(number).50")
  }

  /// Writes the rows as one unit of work that has loaded those in `old`.
  private func write<R: Row>(
    _ world: StoreWorld, old: [R] = [], save: [R] = [], delete: [R] = []
  ) async throws {
    let needs = Need.all(R.self)
    try await world.pool.transaction { session in
      let workspace = Workspace()
      for row in old { try workspace.place(row, table: R.table, key: row.rowKey) }
      workspace.begin([needs])
      for row in delete { try workspace.delete(R.self, row.rowKey) }
      for row in save { try workspace.save(row) }
      try RowWriter().enqueue(workspace.tables, in: session)
    }
  }

  private func things(_ world: StoreWorld) async throws -> [Thing] {
    try await world.execute("select * from things order by count").rows
      .map { try PostgresRowDecoder().decode(Thing.self, from: $0) }
  }

  @Test func rowsOfEveryTypeAreInsertedUpdatedAndDeletedTogether() async throws {
    try await StoreWorld.run { world in
      try await world.execute(Self.table)
      let first = (0..<50).map { thing($0) }
      try await write(world, save: first)
      #expect(try await things(world) == first)
      var changed = Array(first.prefix(40))
      for index in changed.indices {
        changed[index].word = index % 2 == 0 ? nil : "changed \(index)"
        changed[index].parts = []
        changed[index].bytes = Data()
        changed[index].at = Date(timeIntervalSince1970: 1_700_000_000.25)
      }
      let new = [thing(60), thing(61)]
      try await write(world, old: first, save: changed + new, delete: Array(first.suffix(5)))
      #expect(try await things(world) == changed + first[40..<45] + new)
    }
  }

  @Test func aUniqueValuePassesFromADeletedRowToAnotherAndFromThatToANewOne() async throws {
    try await StoreWorld.run { world in
      try await world.execute(Self.table)
      let rows = [thing(1, word: "one"), thing(2, word: "two"), thing(3, word: "three")]
      try await write(world, save: rows)
      var second = rows[1]
      second.word = "one"
      let new = [thing(4, word: "two"), thing(5, word: "five")]
      try await write(world, old: rows, save: new + [second], delete: [rows[0]])
      #expect(try await things(world).map(\.word) == ["one", "three", "two", "five"])
    }
  }

  @Test func aTableThatNumbersItsRowsGetsThemInTheOrderOfSaving() async throws {
    try await StoreWorld.run { world in
      try await world.execute(
        "create table numbered (number bigint generated always as identity, id text primary key, note text)")
      // The second saving of a row does not move it.
      let rows = ["hold", "capture", "b", "a", "hold"].map { Numbered(id: $0, note: $0 == "b" ? nil : $0) }
      try await write(world, save: rows)
      #expect(try await world.texts("select id as t from numbered order by number") == ["hold", "capture", "b", "a"])
    }
  }

  @Test func anArrayColumnIsWrittenRowByRow() async throws {
    try await StoreWorld.run { world in
      try await world.execute("create table tagged (id text primary key, tags text[] not null)")
      let rows = [Tagged(id: "a", tags: "{x,y}"), Tagged(id: "b", tags: "{}")]
      try await write(world, save: rows)
      try await write(world, old: rows, save: [Tagged(id: "a", tags: "{z}"), Tagged(id: "b", tags: "{v,w}")])
      #expect(try await world.texts("select id || tags::text as t from tagged order by id") == ["a{z}", "b{v,w}"])
    }
  }

  @Test(arguments: [1, 2])
  func aValueThatDoesNotFitIsRefusedAndNotCut(count: Int) async throws {
    try await StoreWorld.run { world in
      try await world.execute("create table short (id text primary key, word varchar(3) not null)")
      let rows = (0..<count).map { Short(id: "\($0)", word: "long") }
      await #expect { try await write(world, save: rows) } throws: { ($0 as? PostgresError)?.sqlState == "22001" }
      #expect(try await world.number("select count(*) as n from short") == 0)
    }
  }

  @Test func aColumnWhoseTypeChangesUnderARunningProcessCostsOneError() async throws {
    try await StoreWorld.run { world in
      try await world.execute("create table short (id text primary key, word text not null)")
      let writer = RowWriter()
      func write(_ rows: [Short]) async throws {
        try await world.pool.transaction { session in
          let workspace = Workspace()
          workspace.begin([])
          for row in rows { try workspace.save(row) }
          try writer.enqueue(workspace.tables, in: session)
        }
      }
      try await write([Short(id: "a", word: "1"), Short(id: "b", word: "2")])
      try await world.execute("alter table short alter column word type int using word::int")
      let rows = [Short(id: "c", word: "3"), Short(id: "d", word: "4")]
      do {
        try await write(rows)
        Issue.record("text was taken for a number")
      } catch let error as PostgresError { writer.noteFailure(error) }
      try await write(rows)
      #expect(try await world.number("select sum(word) as n from short") == 10)
    }
  }

  @Test func batchesThatMeetInOppositeOrdersAllCommit() async throws {
    try await World.run { world in
      let first = try await world.start(World.counter())
      let second = try await world.start(World.counter())
      let prepare = try #require(World.counter().handlers[Add.messageType]).prepare
      let accounts = (0..<20).map { "account\($0)" }
      @Sendable func batches(_ replica: Replica, _ order: [String]) async throws -> Int {
        var handled = 0
        for _ in 0..<15 {
          let units = try order.map { try prepare(try World.envelope(Add(account: $0))) }
          handled += try await replica.core.runner.batch(units).handled
        }
        return handled
      }
      async let up = batches(first, accounts)
      async let down = batches(second, accounts.reversed())
      #expect(try await up + down == 600)
      #expect(try await first.number("select count(*) as n from accounts where handled = 30 and total = 30") == 20)
      let deadlocks = try await first.number(
        "select deadlocks as n from pg_stat_database where datname = current_database()")
      #expect(deadlocks == 0)
    }
  }
}
