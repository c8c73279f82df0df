import BusKit
import Foundation
import Postgres

/// The message of all measurements: plain Codable, of a size that can be chosen.
struct Item: Message {
  static let messageType = "bench.Item"
  static let topic = Topic("bench.items", partitions: 4, groups: [.essential("bench-store")], lengthMax: 10_000_000)
  static let accounts = 10_000

  var account: String
  var seq: Int64
  var amount: Int
  var note: String
  var messageKey: String { account }

  /// A message whose JSON has `bytes` bytes (at most 4,096), or the fewest possible.
  init(_ number: Int, bytes: Int) {
    account = "account-\(number % Self.accounts)"
    seq = Int64(number)
    amount = 5
    let others = #"{"account":"","amount":5,"note":"","seq":}"#.utf8.count + account.utf8.count + String(seq).utf8.count
    note = Self.notes[min(max(0, bytes - others), Self.notes.count - 1)]
  }

  /// Made once: what is measured is the bus, not the making of strings.
  private static let notes = (0...4096).map { String(repeating: "x", count: $0) }
}

/// The same message on one partition, for consumers without a database.
struct Parcel: Message {
  static let messageType = "bench.Parcel"
  static let topic = Topic("bench.parcels", groups: [.essential("bench-consumer")], lengthMax: 2_000_000)

  var account: String
  var seq: Int64
  var amount: Int
  var note: String
  var messageKey: String { account }

  init(_ number: Int, bytes: Int) {
    let item = Item(number, bytes: bytes)
    (account, seq, amount, note) = (item.account, item.seq, item.amount, item.note)
  }
}

/// The row that a durable message reads, locks and changes.
struct Account: Row {
  static let table = "accounts"
  static let migration = Migration(
    version: 1, name: "accounts",
    sql: """
      create table accounts (id text primary key, total bigint not null, handled bigint not null);
      insert into accounts select 'account-' || n, 0, 0 from generate_series(0, \(Item.accounts - 1)) as n;
      """)

  var id: String
  var total: Int64
  var handled: Int64
  var rowKey: String { id }
}

/// Carries the moment of its sending.
struct Stamp: Message {
  static let messageType = "bench.Stamp"
  static let topic = Topic("bench.stamps", groups: [.essential("bench-latency")])

  var sentAt: Moment
  var note: String
  var messageKey: String { "stamp" }
}

/// A question, answered with what it holds.
struct Echo: Query {
  static let messageType = "bench.Echo"
  static let topic = Topic("bench.echoes", groups: [.observer("bench-echo")], lengthMax: 10_000, isTransient: true)
  struct Reply: Codable, Sendable {
    var number: Int
  }

  var number: Int
  var messageKey: String { "echo" }
}
