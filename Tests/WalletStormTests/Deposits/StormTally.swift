import BusKit
import Contracts
import Postgres
import Redis
import Synchronization

/// How often each thing has happened.
final class StormTally: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  private let ended = Mutex(false)

  /// Whether everything has been done that is to be done.
  var isOver: Bool { ended.withLock { $0 } }
  func end() { ended.withLock { $0 = true } }

  var all: [String: Int] { counts.withLock { $0 } }
  func count(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
  func note(_ name: String, _ count: Int = 1) { counts.withLock { $0[name, default: 0] += count } }
}

/// A mistake put into the tables, and how the finding about it begins.
struct PlantedDeposit: Sendable {
  let name: String
  let finding: String
  let sql: String

  private static let columns =
    "kind, currency, debit, credit, amount, order_id, customer, action, body_hash, created_at"
  private static let one = "id = (select min(id) from journal where kind = 'deposit')"

  static let all: [PlantedDeposit] = [
    PlantedDeposit(
      name: "a deposit is credited twice", finding: "posted twice",
      sql: "insert into journal (id, \(columns)) select id || '~', \(columns) from journal where \(one)"),
    PlantedDeposit(
      name: "a credit is lost", finding: "posted wrong", sql: "delete from journal where \(one)"),
    PlantedDeposit(
      name: "a credit is of another amount", finding: "custody",
      sql: "update journal set amount = amount + 1 where \(one)"),
    PlantedDeposit(
      name: "a deposit is missed", finding: "missed",
      sql: "delete from deposits where id = (select min(id) from deposits where state = 'credited')"),
    PlantedDeposit(
      name: "a deposit is somebody else's", finding: "noted wrong",
      sql: """
        update deposits set customer = 'cus_x' where id = (select min(id) from deposits where state = 'credited')
        """),
    PlantedDeposit(
      name: "something that never was is credited", finding: "posted for nothing",
      sql: """
        insert into journal (id, \(columns))
        select 'deposit:' || repeat('0', 64), \(columns) from journal where \(one)
        """),
    PlantedDeposit(
      name: "a fee is forgotten", finding: "custody",
      sql: "delete from journal where id = (select min(id) from journal where kind = 'fee')"),
    PlantedDeposit(
      name: "a balance is too high", finding: "balance",
      sql: "update accounts set available = available + 1 where id = (select min(id) from accounts)"),
  ]
}

extension DepositStage {
  func deadLetters() async throws -> Int {
    try await withBus { bus in
      var count = 0
      for topic in [Topic.txEvents, .walletCommands, .txCommands] {
        count += try await bus.broker.state(of: topic).reduce(0) { $0 + $1.dead }
      }
      return count
    }
  }

  /// Nothing waits to be sent, to be delivered or to be tried again.
  func isQuiet() async throws -> Bool {
    for schema in ["tx_svc", "wallet_svc"] {
      let rows = try await execute(
        "select (select count(*) from \(schema).outbox_queue) + (select count(*) from \(schema).parked) as n")
      guard try rows.first?.int("n") == 0 else { return false }
    }
    let groups = try await withBus { bus in
      let states = try await bus.broker.state(of: .txEvents) + bus.broker.state(of: .walletCommands)
      return states.flatMap(\.groups)
    }
    let states = try await execute("select count(*) as n from wallet_svc.deposits where state = 'crediting'")
    return try states.first?.int("n") == 0
      && groups.filter { $0.name == ServiceName.wallet }.allSatisfy { $0.lag == 0 && $0.pending == 0 }
  }
}
