import BusKit

/// Looks for a difference in the ledger. One is an incident: money cannot have been counted right.
struct LedgerCheck: Effect {
  static let kind = "wallet.LedgerCheck"
  let isFull: Bool
  var orderKey: String { "ledger-check" }

  static func register(in service: inout Service) {
    service.every("ledger-check", .seconds(60)) { try $0.start(LedgerCheck(isFull: false)) }
    service.every("ledger-check-full", .seconds(3600)) { try $0.start(LedgerCheck(isFull: true)) }
    service.effect(
      LedgerCheck.self, policy: EffectPolicy(attemptsMax: 3, timeout: .seconds(30), concurrency: 1)
    ) { check, context in
      let findings = try await context.bus.read { try LedgerAudit.findings(isFull: check.isFull, $0) }
      if !findings.isEmpty {
        context.bus.logger.critical(
          "the ledger has differences",
          metadata: ["count": "\(findings.count)", "first": "\(findings.prefix(5).joined(separator: "; "))"])
      }
      let id = check.isFull ? "full" : "recent"
      return .done(needs: [.row(LedgerCheckRow.self, id)]) { unit in
        try unit.save(
          LedgerCheckRow(
            id: id, differences: Int64(findings.count), detail: findings.prefix(20).joined(separator: "\n"),
            checkedAt: unit.now))
      }
    }
    service.beforeMetrics { bus in
      let checks = try await bus.read { session in
        try session.execute(
          """
          select id, differences, extract(epoch from now() - checked_at)::float8 as age from ledger_checks
          """
        ).rows.map {
          (id: try $0.string("id"), differences: try $0.int("differences"), age: try $0.double("age"))
        }
      }
      for check in checks {
        // A check that no longer comes to an end would look like one that finds nothing.
        bus.metrics.gauge("energy_wallet_ledger_check_age_seconds", labels: [("check", check.id)]).set(check.age)
        bus.metrics.gauge("energy_wallet_ledger_difference", labels: [("check", check.id)])
          .set(Double(check.differences))
      }
    }
  }
}
