import BusKit
import Contracts
import Foundation

/// Compares everything with the journal, and sealed blocks with their lines: nightly, in steps.
struct LedgerFullCheck: Effect {
  static let kind = "wallet.LedgerFullCheck"
  var orderKey: String { "ledger-full-check" }

  /// One that has not ended after so long is not waited for.
  private static let patience = 12.0 * 3600
  /// So long one run goes on: well within its time limit, which is how long a dead process is waited for.
  private static let runMost: Duration = .seconds(20)
  private static let needs: [Need] = [.row(LedgerCheckRow.self, LedgerCheckRow.full)]

  static func register(in service: inout Service) {
    service.every("ledger-check-full", .seconds(900), needs: needs) { unit in
      let last = try unit.find(LedgerCheckRow.self, LedgerCheckRow.full)?.checkedAt
      if isDue(last: last, now: unit.now) { try begin(unit) }
    }
    service.effect(
      LedgerFullCheck.self,
      policy: EffectPolicy(
        attemptsMax: 20, timeout: .seconds(120), backoff: Backoff(first: .seconds(1), most: .seconds(300)),
        concurrency: 1)
    ) { _, context in try await run(context) }
  }

  /// Starts one, unless one is under way. Needs its `LedgerCheckRow`.
  static func begin(_ unit: UnitOfWork) throws {
    if try LedgerCheckRow.begin(LedgerCheckRow.full, patience: patience, unit) { try unit.start(LedgerFullCheck()) }
  }

  /// In the first hours of a day (UTC), when nothing else is due; or when a night was missed.
  static func isDue(last: Date?, now: Date) -> Bool {
    guard let last else { return true }
    let hours = now.timeIntervalSince(last) / 3600
    let hourOfDay = (now.timeIntervalSince1970 / 3600).truncatingRemainder(dividingBy: 24)
    return hours > 26 || (hours > 20 && (2..<4).contains(hourOfDay))
  }

  private static func run(_ context: EffectContext) async throws -> EffectOutcome {
    let last = try await context.bus.lookUp { session in
      try session.execute(
        "select checked_at from ledger_audits where id = $1", [.text(LedgerCheckRow.full)]
      ).rows.first?.dateIfPresent("checked_at")
    }
    // One that was recorded while another was still at it.
    if let last, last > context.createdAt {
      return .done(needs: needs) { try LedgerCheckRow.end(LedgerCheckRow.full, $0) }
    }
    let clock = ContinuousClock()
    let end = clock.now + runMost
    let run = context.id
    while clock.now < end {
      guard case .ended(let findings, let asOf, let block) = try await context.bus.read({ session in
        try session.patiently { try LedgerFullAudit.step(run, session) }
      }) else { continue }
      return try await LedgerCheckOutcome.of(LedgerCheckRow.full, findings, asOf: asOf, block: block, context.bus)
    }
    return .again(after: .milliseconds(10))
  }
}
