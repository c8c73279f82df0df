import Foundation
import Testing

@testable import Postgres

@Suite struct PostgresRowCoderTests {
  enum Status: String, Codable { case placed, active }

  enum Outcome: Codable, Equatable {
    case paid(sun: Int64)
    case refused
  }

  /// A wrapper that stands as its number.
  struct Sun: Codable, Equatable {
    let amount: Int64

    init(_ amount: Int64) { self.amount = amount }
    init(from decoder: any Decoder) throws { amount = try decoder.singleValueContainer().decode(Int64.self) }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(amount)
    }
  }

  struct Leg: Codable, Equatable {
    let wallet: String
    let stakedSun: Sun
    let at: Date
  }

  struct Order: Codable, Equatable {
    var orderID: UUID
    var customerId: UUID?
    var status: Status
    var previousStatus: Status?
    var priceSun: Sun
    var refundSun: Sun?
    var energy: Int64
    var retries: Int
    var small: UInt8
    var ratio: Double
    var isPaid: Bool
    var note: String
    var comment: String?
    var createdAt: Date
    var endsAt: Date?
    var signature: [UInt8]
    var payload: Data
    var legs: [Leg]
    var labels: [String: String]
    var outcome: Outcome?
  }

  static let table = """
    create table orders (order_id uuid, customer_id uuid, status text, previous_status text, price_sun bigint,
      refund_sun bigint, energy bigint, retries int, small smallint, ratio double precision, is_paid boolean, note text,
      comment text, created_at timestamptz, ends_at timestamptz, signature bytea, payload bytea, legs jsonb,
      labels jsonb, outcome jsonb)
    """

  static func order() throws -> Order {
    let date = try #require(PostgresTimestamp.date("2026-11-21 05:43:40.000001+00"))
    return Order(
      orderID: UUID(), customerId: UUID(), status: .active, previousStatus: .placed, priceSun: Sun(.max),
      refundSun: Sun(.min), energy: .max, retries: -1, small: 255, ratio: 0.1 + 0.2, isPaid: true,
      note: "O'Neil \\ \"x\" 能量 🔋", comment: "", createdAt: date, endsAt: date,
      signature: [0, 127, 255], payload: Data([1, 0]),
      legs: [Leg(wallet: "T\"a\\b", stakedSun: Sun(.max), at: date)], labels: ["key": "värde"],
      outcome: .paid(sun: .max))
  }

  static func orderOfNils() throws -> Order {
    var order = try order()
    (order.customerId, order.previousStatus, order.refundSun) = (nil, nil, nil)
    (order.comment, order.endsAt, order.outcome) = (nil, nil, nil)
    (order.legs, order.labels, order.signature, order.payload) = ([], [:], [], Data())
    return order
  }

  @Test(arguments: [true, false])
  func `A row comes back as it was written`(full: Bool) async throws {
    let order = full ? try Self.order() : try Self.orderOfNils()
    let cells = try PostgresRowEncoder().encode(order)
    #expect(cells.count == 20)
    let names = cells.map(\.column).joined(separator: ", ")
    let places = (1...cells.count).map { "$\($0)" }.joined(separator: ", ")
    let values = cells.map(\.value)
    let back = try await withPool { pool async throws in
      _ = try await pool.execute(Self.table)
      return try await pool.withSession { session in
        try session.enqueue("insert into orders (\(names)) values (\(places))", values)
        let row = try #require(try session.execute("select * from orders").rows.first)
        return try PostgresRowDecoder().decode(Order.self, from: row)
      }
    }
    #expect(back == order)
  }

  @Test func `Wrappers and raw values stand as plain values, structures as JSON, nil as null`() throws {
    let cells = try PostgresRowEncoder().encode(try Self.orderOfNils())
    let values = Dictionary(uniqueKeysWithValues: cells.map { ($0.column, $0.value) })
    #expect(values["price_sun"] == .int(Int64.max))
    #expect(values["status"] == .text("active"))
    #expect(values["legs"] == .json("[]"))
    #expect(values["outcome"] == .null)
    #expect(values["customer_id"] == .null)
    #expect(values["signature"] == .bytes([]))
  }

  @Test func `One column alone is encoded as it is beside the others`() throws {
    let order = try Self.orderOfNils()
    let encoder = PostgresRowEncoder()
    for (column, value) in try encoder.encode(order) { #expect(try encoder.encode(order, column: column) == value) }
    #expect(try encoder.encode(order, column: "nobody") == nil)
  }

  @Test(arguments: [
    ("orderID", "order_id"), ("energyPriceSun", "energy_price_sun"), ("sha256", "sha256"), ("URLPath", "url_path"),
    ("txIDHash", "tx_id_hash"), ("already_snake", "already_snake"), ("x", "x"), ("usdt6Amount", "usdt6_amount"),
  ])
  func `Property names become column names`(property: String, column: String) {
    #expect(ColumnName.of(property) == column)
  }

  @Test func `A column that the select forgot is an error, for optionals too`() async throws {
    struct Wanted: Codable { var present: Int?, absent: Int? }
    try await withPool { pool async throws in
      let row = try #require(try await pool.execute("select 1 as present").rows.first)
      let error = await postgresError { _ = try PostgresRowDecoder().decode(Wanted.self, from: row) }
      #expect(error?.code == .decoding)
      #expect(error?.message.contains("\"absent\"") == true)
    }
  }

  @Test func `An unknown raw value, broken JSON and a number too large are errors without the content`() async throws {
    struct Raw: Codable { var value: Status }
    struct Structured: Codable { var value: [Int] }
    struct Small: Codable { var value: Int8 }
    try await withPool { pool async throws in
      let rows = try await pool.execute("select '987654' as value").rows
      let row = try #require(rows.first)
      for decode: () throws -> Void in [
        { _ = try PostgresRowDecoder().decode(Raw.self, from: row) },
        { _ = try PostgresRowDecoder().decode(Structured.self, from: row) },
        { _ = try PostgresRowDecoder().decode(Small.self, from: row) },
      ] {
        let error = await postgresError { try decode() }
        #expect(error?.code == .decoding)
        #expect(error?.message.contains("987654") == false)
      }
    }
  }

  @Test func `What is no struct is no row, and a number beyond bigint is refused`() {
    struct Big: Codable { var value = UInt64.max }
    #expect(throws: PostgresError.self) { try PostgresRowEncoder().encode([1, 2]) }
    #expect(throws: PostgresError.self) { try PostgresRowEncoder().encode(7) }
    #expect(throws: PostgresError.self) { try PostgresRowEncoder().encode(Big()) }
  }

  struct Mixed: Codable, Equatable {
    let orderID: String
    let energyPriceSun: Int64
    let a: Bool
    let isURL2x: Double
    let at: Leg?
  }

  @Test func propertiesFindTheirColumnsInWhateverOrder() throws {
    let leg = Leg(wallet: "w", stakedSun: Sun(7), at: Date(timeIntervalSinceReferenceDate: 0.123456))
    let value = Mixed(orderID: "o", energyPriceSun: 5, a: true, isURL2x: 0.25, at: leg)
    var fields = try PostgresRowEncoder().encode(value)
    for _ in 0..<fields.count {
      fields.append(fields.removeFirst())
      let row = try PostgresRow(values: fields)
      for _ in 0..<2 { #expect(try PostgresRowDecoder().decode(Mixed.self, from: row) == value) }
      #expect(try row.string("order_id") == "o")
      #expect(throws: PostgresError.self) { try row.string("order_i") }
      #expect(throws: PostgresError.self) { try row.string("order_id_") }
      #expect(throws: PostgresError.self) { try row.string("orderID") }
    }
    let missing = #expect(throws: PostgresError.self) {
      try PostgresRowDecoder().decode(Mixed.self, from: PostgresRow(values: [("order_id", .text("o"))]))
    }
    #expect(missing?.message == "There is no column \"energy_price_sun\"; the row has order_id.")
  }

  @Test func aPropertyIsKnownByItsColumnAndByNoOther() {
    let properties = [
      "a", "orderID", "orderId", "order", "isURL2x", "energyPriceSun", "X", "aB", "ab", "a_B", "URL", "é",
    ]
    let columns = properties.map(ColumnName.of) + ["", "order_", "_order", "ORDER", "energy_price_su"]
    for column in columns {
      for property in properties {
        let isIts = column.withCString { name in
          Array(property.utf8).withUnsafeBufferPointer { ColumnName.isColumn(name, of: $0) }
        }
        #expect(isIts == (column == ColumnName.of(property)), "\(column) for \(property)")
      }
    }
  }

  @Test func structuredValuesAreWrittenAndReadByManyThreadsAtOnce() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          for step in 0..<50 {
            let at = Date(timeIntervalSinceReferenceDate: Double(step))
            let leg = Leg(wallet: "\(number)", stakedSun: Sun(1), at: at)
            let text = try PostgresJSON.text([leg])
            let back = try Array(text.utf8).withUnsafeBytes { try PostgresJSON.value([Leg].self, from: $0) }
            #expect(back == [leg])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
