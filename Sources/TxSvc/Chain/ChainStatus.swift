import BusKit
import Contracts
import Foundation
import TronKit

/// How far the chain is followed, for operators and metrics.
enum ChainStatus {
  private static let tasksMax: Int64 = 100

  static func view(_ bus: Bus) async throws -> ChainStatusView {
    try await bus.read { session in
      let cursor = try BlockCursor.read(session)
      let scan = try ScanCursor.read(session)
      let now = try session.now()
      let day = try session.execute(
        "select * from chain_calls where id = $1", [.text(ChainCallDay.key(now))]
      ).decoded(ChainCallDay.self).first
      let strays = try session.execute(
        "select count(*) as count from stray_transactions where is_solid and settled_at is null"
      ).rows.first
      let passed = try session.execute("select coalesce(sum(passed), 0)::bigint as count from chain_tasks").rows.first
      let tasks = try session.execute(
        "select * from chain_tasks where finished_at is null order by started_at limit $1", [.int(tasksMax)]
      ).decoded(ChainTask.self)
      return ChainStatusView(
        number: cursor?.number, blockTime: cursor.map { Date(chainMilliseconds: $0.timeMs) },
        headNumber: cursor?.headNumber, solidNumber: cursor?.solidNumber, scannedNumber: scan?.number,
        watchedAddresses: scan?.watched ?? 0,
        callsToday: (day?.calls ?? [:]).sorted { $0.key < $1.key }.map { .init(purpose: $0.key, count: $0.value) },
        strays: try strays?.int("count") ?? 0,
        tasks: tasks.map {
          .init(
            id: $0.id, kind: $0.kind.rawValue, from: $0.first, to: $0.last, next: $0.next, findings: $0.findings,
            passed: $0.passed)
        }, passed: try passed?.int("count"))
    }
  }

  static func refreshMetrics(_ bus: Bus) async throws {
    let view = try await view(bus)
    let metrics = bus.metrics
    if let scanned = view.scannedNumber {
      metrics.gauge("energy_tx_scanned_block").set(Double(scanned))
    }
    metrics.gauge("energy_tx_watched_addresses").set(Double(view.watchedAddresses))
    metrics.gauge("energy_tx_chain_calls_today").set(Double(view.callsToday.reduce(0) { $0 + $1.count }))
    metrics.gauge("energy_tx_strays").set(Double(view.strays))
    metrics.gauge("energy_tx_chain_tasks").set(Double(view.tasks.count))
  }
}
