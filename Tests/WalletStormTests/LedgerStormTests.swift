import Foundation
import Postgres
import TestKit
import Testing

/// Random commands, cut connections and a server that ends, against a model. ENERGY_STORM_SEED repeats the commands of
/// a run, ENERGY_LEDGER_SEQUENCES sets how many sequences there are.
@Suite("The ledger on Postgres, under random commands and crashes", .serialized)
struct LedgerStormTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed =
    environment["ENERGY_STORM_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64.max)
  private static let count = environment["ENERGY_LEDGER_SEQUENCES"].flatMap { Int($0) } ?? 10_000
  private static let lanes = 2
  private static let cutPermille = 200

  @Test("the checker finds nothing in a sound ledger, and names every mistake that is put into it")
  func checkerIsAwake() async throws {
    try await LedgerWorld.run(sequences: 400) { world in
      let report = try await Self.rage(world, sequences: 400, restarts: 0)
      #expect(try await world.evidence().findings(report).isEmpty)
      for mistake in PlantedMistake.all {
        let findings = try await world.evidence(with: mistake.sql).findings(report)
        #expect(findings.contains { $0.kind == mistake.kind }, "\(mistake.name): \(findings)")
      }
      #expect(try await world.evidence().findings(report).isEmpty, "nothing of the mistakes has stayed")
    }
  }

  @Test("has the balances, answers and holds that the model has, whatever is repeated, reordered or cut off")
  func storm() async throws {
    say("ENERGY_STORM_SEED=\(Self.seed), \(Self.count) sequences")
    try await LedgerWorld.run(sequences: Self.count) { world in
      let began = ContinuousClock.now
      let report = try await Self.rage(world, sequences: Self.count, restarts: 2)
      let took = ContinuousClock.now - began
      let findings = try await world.evidence().findings(report)
      Self.tell(report, took)
      for finding in findings.prefix(5) {
        let history = finding.sequence.flatMap { report.history[$0] } ?? []
        Issue.record(
          "ENERGY_STORM_SEED=\(Self.seed) \(finding)\n  \(history.joined(separator: "\n  "))")
      }
      #expect(findings.count <= 5, "\(findings.count) findings in all")
      // Fewer sequences than usual are for looking at a finding.
      if Self.count >= 10_000 { Self.expectVariety(report) }
    }
  }

  /// Runs sequences in two processes at once, while the server is ended and started again.
  private static func rage(_ world: LedgerWorld, sequences: Int, restarts: Int) async throws -> StormReport {
    let lanes = try await (0..<Self.lanes).asyncMap {
      try await LedgerLane(world, number: $0, seed: seed, cutPermille: cutPermille)
    }
    var report = StormReport()
    try await withThrowingTaskGroup(of: LaneReport?.self) { group in
      for (index, lane) in lanes.enumerated() {
        group.addTask {
          try await lane.run(stride(from: index, to: sequences, by: Self.lanes))
          return await lane.report
        }
      }
      group.addTask {
        for number in 1...max(1, restarts) where restarts > 0 {
          while try await world.handledCount() < sequences * 4 * number / restarts {
            try await Task.sleep(for: .milliseconds(50))
          }
          try await world.server.stopImmediately()
          try await world.server.restart()
        }
        return nil
      }
      for try await lane in group { if let lane { report.add(lane) } }
    }
    report.restarts = restarts
    return report
  }

  /// Every kind of crash has happened, before every statement that units of work run.
  private static func expectVariety(_ report: StormReport) {
    let cuts = report.tally.cuts
    for (statement, count) in report.tally.statements where count > report.tally.transactions / 50 {
      #expect(cuts["before \(statement)"] ?? 0 > 0, "no crash before '\(statement)'")
    }
    for name in ["commit in flight", "commit unanswered"] { #expect(cuts[name] ?? 0 > 0, "never: \(name)") }
    #expect(report.rolledBack > 0 && report.committed > 0)
    #expect(report.duplicates > 0 && report.buried > 0 && report.twiceAtOnce > 0)
    let answers = report.words
    let words = [
      "held", "exists", "captured", "already_captured", "released", "already_released", "remembered", "not_held",
      "insufficient_balance", "exists_with_other_amount", "other_customer", "amount_out_of_range", "done",
      "key_conflict", "invalid_amount", "awaiting_approval", "not_captured", "already_refunded", "exceeds_captured",
      "unknown_adjustment", "not_waiting", "request_differs", "same_operator", "rejected", "other_currency",
      "DepositCredited",
    ]
    let missing = words.filter { answers[$0] == nil }
    #expect(missing.isEmpty, "no command was answered so")
  }

  private static func tell(_ report: StormReport, _ took: Duration) {
    say(
      "\(report.deliveries) deliveries in \(report.batches) batches, \(took): \(report.duplicates) absorbed, "
        + "\(report.buried) buried, \(report.twiceAtOnce) batches in two processes at once")
    say(
      "crashes: \(report.rolledBack) rolled back, \(report.committed) committed and unanswered, "
        + "\(report.restarts) ends of the server")
    let words = report.words.filter { Int64($0.key) == nil }.sorted { $0.key < $1.key }
    say("answers: " + words.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))
    for (name, count) in report.tally.cuts.sorted(by: { $0.key < $1.key }) { say("\(count) × \(name)") }
  }
}

/// Straight to standard error: what a run says must be seen when it hangs.
private func say(_ line: String) { FileHandle.standardError.write(Data("ledger storm: \(line)\n".utf8)) }
