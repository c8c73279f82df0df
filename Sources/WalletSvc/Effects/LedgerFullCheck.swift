import BusKit
import Contracts
import Foundation

/// Compares everything with the journal, and every sealed block with its lines: nightly.
struct LedgerFullCheck: Effect {
  static let kind = "wallet.LedgerFullCheck"
  var orderKey: String { "ledger-full-check" }

  static func register(in service: inout Service) {
    service.every("ledger-check-full", .seconds(900), needs: [.row(LedgerCheckRow.self, "full")]) { unit in
      guard isDue(last: try unit.find(LedgerCheckRow.self, "full")?.checkedAt, now: unit.now) else { return }
      try unit.start(LedgerFullCheck())
    }
    service.effect(
      LedgerFullCheck.self, policy: EffectPolicy(attemptsMax: 3, timeout: .seconds(3600), concurrency: 1)
    ) { _, context in try await run(context) }
  }

  /// In the first hours of a day (UTC), when nothing else is due; or when a night was missed.
  static func isDue(last: Date?, now: Date) -> Bool {
    guard let last else { return true }
    let hours = now.timeIntervalSince(last) / 3600
    let hourOfDay = (now.timeIntervalSince1970 / 3600).truncatingRemainder(dividingBy: 24)
    return hours > 26 || (hours > 20 && (2..<4).contains(hourOfDay))
  }

  private static func run(_ context: EffectContext) async throws -> EffectOutcome {
    var (findings, asOf, block) = try await context.bus.read { session in
      try session.transaction {
        try LedgerAudit.begin(session)
        let now = try session.execute("select now() as now").rows.first?.date("now") ?? context.createdAt
        // Every table is read as a whole.
        try session.enqueue("select set_config('enable_seqscan', 'on', true)")
        return (try LedgerFullAudit.findings(session), now, try SealHead.read(session).block)
      }
    }
    findings += try await brokenBlocks(context.bus)
    return try await LedgerCheckOutcome.of("full", findings, asOf: asOf, block: block, context.bus)
  }

  private static func brokenBlocks(_ bus: Bus) async throws -> [LedgerFinding] {
    var findings: [LedgerFinding] = []
    var next: Int64? = 1
    while let first = next, findings.count < LedgerDifferenceFound.findingsMax {
      let page = try await bus.lookUp {
        try LedgerVerifier.page(from: first, count: VerifyLedger.countMax, $0)
      }
      findings += page.faults.map { fault in
        LedgerFinding(.block, detail: "\(fault.block.map { "block \($0): " } ?? "")\(fault.detail)")
      }
      next = page.next
    }
    return findings
  }
}
