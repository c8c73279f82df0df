import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Books captures that waited, when nothing holds them up any longer, and asks again for deposits to be credited. Each
/// capture and the end of its waiting are one transaction, which a command sent once more would not be; one whose
/// customer is frozen again meanwhile goes on waiting.
struct ResumeCaptures: Effect {
  static let kind = "wallet.ResumeCaptures"
  private static let pageSize = 200
  /// So long one run goes on: well within its time limit, which is how long a dead process is waited for.
  private static let runMost: Duration = .seconds(20)
  var orderKey: String { "resume-captures" }

  static func register(in service: inout Service) {
    service.effect(
      ResumeCaptures.self, policy: EffectPolicy(attemptsMax: nil, timeout: .seconds(60), concurrency: 1)
    ) { _, context in
      let clock = ContinuousClock()
      let end = clock.now + runMost
      var after = ""
      while case let page = try await page(after: after, context.bus), let last = page.last {
        for waiting in page { try await book(waiting, context) }
        if clock.now > end { return .again(after: .milliseconds(10)) }
        after = last.id.text
      }
      var number: Int64 = 0
      while let last = try await askForCredits(after: number, context.bus) {
        if clock.now > end { return .again(after: .milliseconds(10)) }
        number = last
      }
      return .done()
    }
  }

  /// Whether any that have waited since before this time wait for nothing any more.
  static func areAny(since: Date, _ session: PostgresSession) throws -> Bool {
    try !session.execute(
      """
      select 1 from waiting_captures w where w.since <= $1
        and not exists (select from ledger_freezes f where f.id in (w.customer, '*')) limit 1
      """, [.timestamp(since)]
    ).rows.isEmpty
  }

  /// One page of the deposits that are to be credited. That one of them is being credited at this moment does no harm:
  /// it is credited once.
  /// - Returns: the number of the page's last; nil when there are no more, or they wait again.
  private static func askForCredits(after number: Int64, _ bus: Bus) async throws -> Int64? {
    let page = try await bus.lookUp { session in
      try session.execute(
        """
        select * from deposits where state = 'crediting' and number > $1
          and not exists (select from ledger_freezes where id = '*') order by number limit \(pageSize)
        """, [.int(number)]
      ).rows.map { (number: try $0.int("number"), row: try PostgresRowDecoder().decode(DepositRow.self, from: $0)) }
    }
    guard let last = page.last else { return nil }
    try await bus.transaction { unit in
      for case (_, let row) in page {
        guard let customer = row.customer, let money = row.money else { continue }
        try unit.publish(CreditDeposit(deposit: row.id, customer: customer, money: money))
      }
    }
    return last.number
  }

  private static func page(after: String, _ bus: Bus) async throws -> [WaitingCaptureRow] {
    try await bus.lookUp { session in
      try session.execute(
        """
        select * from waiting_captures w where w.id > $1
          and not exists (select from ledger_freezes f where f.id in (w.customer, '*')) order by w.id limit \(pageSize)
        """, [.text(after)]
      ).rows.map { try PostgresRowDecoder().decode(WaitingCaptureRow.self, from: $0) }
    }
  }

  /// One that cannot be booked, because what it concerns still differs, keeps waiting and holds up no other.
  private static func book(_ waiting: WaitingCaptureRow, _ context: EffectContext) async throws {
    let (order, customer) = (waiting.id, waiting.customer)
    do {
      try await context.bus.transaction(
        needs: HoldHandlers.needs(order, customer) + CaptureFreeze.needs(order, customer)
      ) { unit in
        guard let waiting = try unit.find(WaitingCaptureRow.self, order.text) else { return }
        if try CaptureFreeze.isFrozen(customer, unit) { return }
        try unit.delete(WaitingCaptureRow.self, order.text)
        try HoldHandlers.capture(CaptureHold(order: order, customer: customer, amount: Sun(waiting.amount)), unit)
      }
    } catch let violation as InvariantViolation {
      context.bus.logger.critical(
        "a capture that waited cannot be booked; it goes on waiting",
        metadata: ["order": "\(order)", "reason": "\(violation)"])
    }
  }
}
