import BusKit
import Contracts
import Foundation
import Postgres

/// Custody on the bus: by the clock and on demand, what is answered, what is measured.
enum CustodyReport {
  static func rows(_ place: LedgerAccount.Custody?, _ session: PostgresSession) throws -> [CustodyCheckRow] {
    let places = place.map { [$0] } ?? LedgerAccount.Custody.allCases
    return try session.execute(
      "select * from custody_checks where id = any($1) order by id",
      [.textArray(places.flatMap { place in Currency.allCases.map { CustodyCheckRow.key(place, $0) } })]
    ).rows.map { try PostgresRowDecoder().decode(CustodyCheckRow.self, from: $0) }
  }

  static func view(_ row: CustodyCheckRow) -> CustodyView.Account? {
    let parts = row.id.split(separator: "/").map(String.init)
    guard parts.count == 2, let currency = Currency(rawValue: parts[1]) else { return nil }
    let last = row.watch.last
    return CustodyView.Account(
      account: "custody:\(parts[0])", currency: currency, state: row.state, ledger: last?.ledger ?? 0,
      chain: last?.chain ?? 0, dust: last?.dust ?? 0, difference: row.difference, addresses: row.addresses,
      blockNumber: last?.block, comparedAt: row.comparedAt, detail: row.detail)
  }

  /// The gauges of one account; a comparison that no longer comes to an end must not look like one that agrees.
  static func measure(_ row: CustodyCheckRow, now: Date, _ metrics: MetricsRegistry) {
    guard let view = view(row) else { return }
    let labels = [("account", view.account), ("currency", view.currency.rawValue)]
    metrics.gauge("energy_wallet_custody_age_seconds", labels: labels)
      .set(now.timeIntervalSince(row.comparedAt ?? row.createdAt))
    metrics.gauge("energy_wallet_custody_difference", labels: labels).set(Double(row.difference))
    metrics.gauge("energy_wallet_custody_unopened", labels: labels).set(row.state == .unopened ? 1 : 0)
  }
}

extension CustodyComparison {
  /// A reading of all addresses may take its time: about 9,000 of them with one key of TronGrid.
  private static let policy = EffectPolicy(
    attemptsMax: nil, timeout: .seconds(1_800), backoff: Backoff(first: .seconds(10), most: .seconds(300)),
    concurrency: 1)

  static func register(in service: inout Service, _ settings: CustodySettings) {
    service.effect(CustodyComparison.self, policy: policy) { try await $0.run($1, settings) }
    do {
      try service.cron("compare custody", "\(settings.minute) \(settings.hour) * * *", needs: needs) {
        try begin($0.time, $1)
      }
    } catch {
      preconditionFailure("the configuration checks the time of day: \(error)")
    }
    service.handle(CompareCustody.self, needs: { _ in needs }) { command, unit in
      if try LedgerHandlers.refuses(command.action, unit) { return }
      try begin(unit.now, unit)
      let result = CommandResult(
        ok: true, code: "started", detail: "custody is being compared; see energyctl ledger custody")
      try unit.audit(
        CompareCustody.messageType, of: ServiceName.wallet, on: "custody", command.action, outcome: result.code)
      try unit.answer(result)
    }
    service.answer(GetCustody.self) { _, bus in
      CustodyView(accounts: try await bus.read { try CustodyReport.rows(nil, $0) }.compactMap(CustodyReport.view))
    }
    service.beforeMetrics { bus in
      let (rows, now) = try await bus.lookUp { session in
        (try CustodyReport.rows(nil, session), try session.now())
      }
      for row in rows { CustodyReport.measure(row, now: now, bus.metrics) }
    }
  }
}
