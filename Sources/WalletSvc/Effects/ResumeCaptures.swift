import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Asks again for deposits to be credited, and then books captures that waited, when nothing holds them up any longer.
/// Deposits come first: what is captured may have been paid with them. Each capture and the end of its waiting are one
/// transaction, which a command sent once more would not be; one whose customer is frozen again meanwhile goes on
/// waiting. What one run does not come to is another effect, which goes on behind: what cannot be booked stays, and
/// must not stand in the way of the rest.
struct ResumeCaptures: Effect {
  static let kind = "wallet.ResumeCaptures"
  static let pageSize = 200
  /// So long one run goes on with either: well within its time limit, which is how long a dead process is waited for.
  static let runMost: Duration = .seconds(15)
  /// So long captures wait for their customers' deposits. One that cannot be credited must not hold up all of them:
  /// what is then not covered waits for the next run.
  private static let creditsMost: Duration = .seconds(10)
  private static let creditsPace: Duration = .milliseconds(100)
  /// The number of the last deposit that was asked for, where a run goes on behind it.
  var afterDeposit: Int64?
  /// The last order whose capture was tried, where a run goes on behind it: the deposits were asked for.
  var afterOrder: String?
  var orderKey: String { "resume-captures" }

  static func register(in service: inout Service) {
    service.effect(
      ResumeCaptures.self, policy: EffectPolicy(attemptsMax: nil, timeout: .seconds(60), concurrency: 1)
    ) { effect, context in try await run(effect, context.bus) }
  }

  /// Whether any that have waited since before this time wait for nothing any more, and nobody is at them.
  static func areAny(since: Date, _ session: PostgresSession) throws -> Bool {
    try !session.execute(
      """
      select 1 from waiting_captures w where w.since <= $1
        and not exists (select from ledger_freezes f where f.id in (w.customer, '*'))
        and not exists (select from effects e where e.kind = $2 and e.state = 'pending') limit 1
      """, [.timestamp(since), .text(kind)]
    ).rows.isEmpty
  }

  static func run(
    _ effect: ResumeCaptures, _ bus: Bus, pageSize: Int = pageSize, most: Duration = runMost
  ) async throws -> EffectOutcome {
    let clock = ContinuousClock()
    if effect.afterOrder == nil {
      let end = clock.now + most
      var number = effect.afterDeposit ?? 0
      while let last = try await askForCredits(after: number, pageSize, bus) {
        number = last
        if clock.now > end { return goingOn(with: ResumeCaptures(afterDeposit: number)) }
      }
      try await untilCredited(through: number, bus)
    }
    let end = clock.now + most
    var after = effect.afterOrder ?? ""
    var left = Unbooked()
    while case let page = try await page(after: after, pageSize, bus), let last = page.last {
      for waiting in page {
        if let reason = try await book(waiting.order, waiting.customer, bus) { left.add(waiting.order, reason) }
      }
      after = last.order.text
      if clock.now > end {
        left.tell(bus)
        return goingOn(with: ResumeCaptures(afterOrder: after))
      }
    }
    left.tell(bus)
    return .done()
  }

  private static func goingOn(with next: ResumeCaptures) -> EffectOutcome { .done { try $0.start(next) } }

  // MARK: - Deposits

  /// One page of the deposits that are to be credited. That one of them is being credited at this moment does no harm:
  /// it is credited once. One that cannot be read is told of, and holds up no other.
  /// - Returns: the number of the page's last; nil when there are no more, or they wait again.
  private static func askForCredits(after number: Int64, _ pageSize: Int, _ bus: Bus) async throws -> Int64? {
    let page = try await bus.lookUp { session in
      try session.execute(
        """
        select * from deposits where state = 'crediting' and number > $1
          and not exists (select from ledger_freezes where id = '*') order by number limit \(pageSize)
        """, [.int(number)]
      ).rows.map { (number: try $0.int("number"), deposit: read($0)) }
    }
    guard let last = page.last else { return nil }
    for case (let place, .failure(let error)) in page {
      bus.logger.critical(
        "a deposit cannot be read, and is not credited", metadata: ["number": "\(place)", "reason": "\(error)"])
    }
    try await bus.transaction { unit in
      for case (_, .success(let row)) in page {
        guard let customer = row.customer, let money = row.money else { continue }
        try unit.publish(CreditDeposit(deposit: row.id, customer: customer, money: money))
      }
    }
    return last.number
  }

  private static func read(_ row: PostgresRow) -> Result<DepositRow, any Error> {
    Result { try PostgresRowDecoder().decode(DepositRow.self, from: row) }
  }

  /// Until none of them is still to be credited, up to this number, whose customer has a capture that waits.
  private static func untilCredited(through number: Int64, _ bus: Bus) async throws {
    let clock = ContinuousClock()
    let end = clock.now + creditsMost
    while try await bus.lookUp({ try areCrediting(through: number, $0) }) {
      guard clock.now < end else { return }
      try await Task.sleep(for: creditsPace)
    }
  }

  private static func areCrediting(through number: Int64, _ session: PostgresSession) throws -> Bool {
    try !session.execute(
      """
      select 1 from deposits d where d.state = 'crediting' and d.number <= $1
        and not exists (select from ledger_freezes where id = '*')
        and exists (select from waiting_captures w where w.customer = d.customer) limit 1
      """, [.int(number)]
    ).rows.isEmpty
  }

  // MARK: - Captures

  /// Whose capture waits: all that is read without a lock.
  private struct Waiting: Sendable {
    let order: OrderID
    let customer: CustomerID
  }

  /// What one run has tried in vain: told in one line.
  private struct Unbooked {
    private static let shownMax = 5
    private var count = 0
    private var shown: [String] = []

    mutating func add(_ order: OrderID, _ reason: String) {
      count += 1
      if shown.count < Self.shownMax { shown.append("\(order): \(reason)") }
    }

    func tell(_ bus: Bus) {
      guard count > 0 else { return }
      bus.logger.critical(
        "captures that waited cannot be booked; they go on waiting",
        metadata: ["count": "\(count)", "first": "\(shown.joined(separator: "; "))"])
    }
  }

  private static func page(after: String, _ pageSize: Int, _ bus: Bus) async throws -> [Waiting] {
    try await bus.lookUp { session in
      try session.execute(
        """
        select w.id, w.customer from waiting_captures w where w.id > $1
          and not exists (select from ledger_freezes f where f.id in (w.customer, '*')) order by w.id limit \(pageSize)
        """, [.text(after)]
      ).rows.map {
        Waiting(order: OrderID(text: try $0.string("id")), customer: CustomerID(text: try $0.string("customer")))
      }
    }
  }

  /// One that cannot be booked keeps waiting and holds up no other: what it concerns still differs, the customer has
  /// too little, or one of its rows is damaged.
  /// - Returns: why it cannot be booked; nil when it is, or no longer waits for that.
  private static func book(_ order: OrderID, _ customer: CustomerID, _ bus: Bus) async throws -> String? {
    do {
      try await bus.transaction(
        needs: HoldHandlers.needs(order, customer) + CaptureFreeze.needs(order, customer)
      ) { unit in
        guard let waiting = try unit.find(WaitingCaptureRow.self, order.text) else { return }
        if try CaptureFreeze.isFrozen(customer, unit) { return }
        try unit.delete(WaitingCaptureRow.self, order.text)
        let command = CaptureHold(order: order, customer: customer, amount: Sun(waiting.amount))
        try HoldHandlers.holdAnew(for: command, unit)
        try HoldHandlers.capture(command, unit)
      }
      return nil
    } catch where RowsOwnFailure.includes(error) {
      return "\(error)"
    }
  }
}
