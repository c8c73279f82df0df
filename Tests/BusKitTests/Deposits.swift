import Foundation
import Postgres
import TestKit

@testable import BusKit
@testable import BusProbe

/// Deposits that are published whatever breaks meanwhile; afterwards each must have had exactly one effect.
final class Deposits: Sendable {
  private let world: World
  private let source: Replica
  private let pool: PostgresPool
  private let broker: RedisBroker

  static func run(_ world: World, _ body: (Deposits) async throws -> Void) async throws {
    let deposits = try await Deposits(world)
    do {
      try await body(deposits)
    } catch {
      await deposits.close()
      throw error
    }
    await deposits.close()
  }

  private init(_ world: World) async throws {
    self.world = world
    source = try await world.start(Probe.source(), timing: Probe.timing(attemptsMax: 100))
    broker = world.broker()
    pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: world.conninfo, applicationName: "deposits", searchPath: "public"), size: 1)
  }

  private func close() async {
    await pool.close()
    await broker.close()
  }

  /// Publishes deposits to accounts in units of ten. While Postgres is away it tries again: what has been committed is
  /// told by the outbox.
  func publish(_ count: Int, accounts: [String] = ["a", "b", "c", "d", "e"], pause: Duration = .zero) async throws {
    var left = count
    while left > 0 {
      let part = min(10, left)
      do {
        try await source.bus.transaction { unit in
          for _ in 0..<part { try unit.publish(Deposit(account: accounts.randomElement() ?? "a")) }
        }
        left -= part
      } catch let error as PostgresError where error.isOutage {
        try await Task.sleep(for: .milliseconds(50))
      }
      if pause > .zero { try await Task.sleep(for: pause) }
    }
  }

  /// A number that Postgres tells; waits for it to be there.
  func number(_ sql: String) async throws -> Int64 {
    var number: Int64?
    try await eventually(within: .seconds(30), "Postgres answers") {
      do {
        number = try await pool.withSession { try $0.execute(sql).rows.first?.int("n") ?? 0 }
        return true
      } catch let error as PostgresError where error.isOutage {
        return false
      }
    }
    return number ?? -1
  }

  func handled() async throws -> Int64 {
    try await number("select coalesce(sum(handled), 0)::bigint as n from ledger.accounts")
  }

  /// Waits until everything published has had its effect and nobody holds anything; throws if that was not exactly one.
  func settle(within limit: Duration = .seconds(30)) async throws {
    let published = try await number("select count(*) as n from source.outbox")
    let effects: [(name: String, sql: String)] = [
      ("deposits on accounts", "select coalesce(sum(handled), 0)::bigint as n from ledger.accounts"),
      ("the accounts' total", "select coalesce(sum(total), 0)::bigint as n from ledger.accounts"),
      ("events recorded", "select count(*) as n from ledger.outbox"),
      ("events applied", "select coalesce(sum(times), 0)::bigint as n from auditor.entries"),
      ("events known", "select count(*) as n from auditor.entries"),
    ]
    for effect in effects {
      var seen: Int64 = -1
      do {
        try await eventually(within: limit) {
          seen = try await number(effect.sql)
          return seen >= published
        }
      } catch {
        throw TestKitError("\(effect.name): \(seen) of \(published) after \(limit). \(try await whereabouts())")
      }
    }
    try await eventually(within: limit, "everything is sent and acknowledged") { try await isQuiet() }
    for effect in effects {
      let seen = try await number(effect.sql)
      guard seen == published else { throw TestKitError("\(effect.name): \(seen), and \(published) were published.") }
    }
    for topic in [Deposit.topic, Deposited.topic] {
      let dead = try await world.dead(topic)
      guard dead.isEmpty else { throw TestKitError("dead letters of \(topic.name): \(dead)") }
    }
  }

  private func isQuiet() async throws -> Bool {
    let unsent = try await number(
      """
      select (select count(*) from source.outbox where sent_at is null)
        + (select count(*) from ledger.outbox where sent_at is null) as n
      """)
    guard unsent == 0 else { return false }
    for topic in [Deposit.topic, Deposited.topic] {
      for group in try await broker.state(of: topic).flatMap(\.groups) where group.pending > 0 || group.lag ?? 0 > 0 {
        return false
      }
    }
    return true
  }

  /// Where what is missing may be.
  private func whereabouts() async throws -> String {
    var text = ""
    for topic in [Deposit.topic, Deposited.topic] {
      for partition in try await broker.state(of: topic) {
        text += "\(topic.name): \(partition.length) entries, \(partition.dead) dead; "
        for group in partition.groups {
          text += "\(group.name) lag \(group.lag.map { "\($0)" } ?? "?") pending \(group.pending) "
          text += "consumers \(group.consumers.map { "\($0.name) \($0.pending)" }); "
        }
      }
    }
    let unsent = "select count(*) as n from %.outbox where sent_at is null"
    text += "unsent: source \(try await number(unsent.replacing("%", with: "source")))"
    text += ", ledger \(try await number(unsent.replacing("%", with: "ledger")))"
    return text
  }
}
