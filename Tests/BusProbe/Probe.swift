import BusKit
import Foundation
import Postgres

/// Services that a test can kill, stop and start again as processes of their own.
enum Probe {
  /// The account whose handling ends the process, as a crash in a handler does.
  static let deadly = "deadly"
  /// Accounts whose names begin so take this long each: a batch of them can be interrupted.
  static let slow = "slow"
  static let slowMicroseconds: UInt32 = 20_000

  /// Adds deposits up per account, and tells of each.
  static func ledger(_ fault: Fault) -> Service {
    var service = Service(
      name: "ledger", schema: "ledger",
      migrations: [
        Migration(
          version: 1, name: "accounts",
          sql: "create table accounts (id text primary key, total int not null, handled int not null)")
      ])
    service.publishes([Deposited.topic])
    if fault == .dieAfterCommit { service.use(DiesAfterCommit()) }
    service.handle(Deposit.self, needs: { [.row(Account.self, $0.account)] }) { deposit, unit in
      if deposit.account == deadly { abort() }
      if deposit.account.hasPrefix(slow) { usleep(slowMicroseconds) }
      var account =
        try unit.find(Account.self, deposit.account) ?? Account(id: deposit.account, total: 0, handled: 0)
      account.total += deposit.amount
      account.handled += 1
      try unit.save(account)
      try unit.publish(Deposited(aggregate: account.id, seq: Int64(account.handled)))
    }
    return service
  }

  /// Writes down how often it applied each event.
  static func auditor() -> Service {
    var service = Service(
      name: "auditor", schema: "auditor",
      migrations: [
        Migration(
          version: 1, name: "entries", sql: "create table entries (id text primary key, times int not null)")
      ])
    service.handle(Deposited.self, needs: { [.row(Entry.self, "\($0.aggregate)/\($0.seq)")] }) { event, unit in
      let id = "\(event.aggregate)/\(event.seq)"
      try unit.save(Entry(id: id, times: (try unit.find(Entry.self, id)?.times ?? 0) + 1))
    }
    return service
  }

  /// Only publishes deposits.
  static func source() -> Service {
    var service = Service(name: "source", schema: "source", migrations: [])
    service.publishes([Deposit.topic])
    return service
  }

  /// Times as short as they may be.
  static func timing(attemptsMax: Int) -> BusTiming {
    var timing = BusTiming()
    timing.lease = .milliseconds(1_000)
    timing.sweep = .milliseconds(100)
    timing.alive = .milliseconds(600)
    timing.aliveRenewal = .milliseconds(100)
    timing.outboxGrace = .milliseconds(400)
    timing.outboxPoll = .milliseconds(40)
    timing.readBlock = .milliseconds(40)
    timing.attemptsMax = attemptsMax
    return timing
  }
}

/// What a probe does besides its work.
enum Fault: String {
  case none, dieAfterCommit
}

/// Ends the process when a batch is committed and not yet acknowledged.
private struct DiesAfterCommit: Middleware {
  func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    try await next(work)
    if work.kind == .batch { kill(getpid(), SIGKILL) }
  }
}
