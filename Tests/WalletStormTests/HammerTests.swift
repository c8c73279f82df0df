import Contracts
import Foundation
import Postgres
import Synchronization
import TestKit
import Testing

@Suite("64 workers on 10 accounts")
struct HammerTests {
  private static let workers = 64
  private static let time: Duration = .seconds(30)
  private static let customers = (0..<10).map { CustomerID(text: "cus_\($0)") }

  @Test("are all answered, no deadlock reaches them, and every snapshot of the ledger is sound")
  func hammer() async throws {
    try await HammerBench.run { bench in
      let deadline = ContinuousClock.now + Self.time
      let isOver = Mutex(false)
      async let watch = Self.watch(bench.pool) { isOver.withLock { $0 } }
      let tally = try await Self.work(bench, until: deadline)
      isOver.withLock { $0 = true }
      let snapshots = try await watch

      #expect(snapshots.findings.isEmpty)
      #expect(snapshots.count > 10)
      #expect(tally.mistakes.isEmpty)
      let words = ["held", "exists", "captured", "already_captured", "released", "already_released", "done"]
      for word in words { #expect(tally.answers[word] ?? 0 > 0, "no command was answered '\(word)'") }
      #expect(try await bench.leftovers().isEmpty)
      #expect(bench.log.lines.isEmpty)
      try await Self.expectMoney(tally, bench)
      try await Self.plant(bench)
      let deadlocks = try await bench.deadlocks()
      let line = "\(tally.commands) commands in \(Self.time), \(snapshots.count) snapshots, \(deadlocks) deadlocks"
      FileHandle.standardError.write(Data("hammer: \(line)\n".utf8))
    }
  }

  private static func work(
    _ bench: HammerBench, until deadline: ContinuousClock.Instant
  ) async throws -> HammerWorker.Tally {
    try await withThrowingTaskGroup(of: HammerWorker.Tally.self) { group in
      for number in 0..<workers {
        group.addTask {
          var worker = HammerWorker(client: bench.client, customers: customers, seed: UInt64(number))
          try await worker.work(until: deadline)
          return worker.tally
        }
      }
      return try await group.reduce(into: HammerWorker.Tally()) { $0.add($1) }
    }
  }

  /// Looks as often as it can.
  private static func watch(
    _ pool: PostgresPool, until isOver: () -> Bool
  ) async throws -> (count: Int, findings: [LedgerFinding]) {
    var (count, findings) = (0, [LedgerFinding]())
    while !isOver() {
      findings += try await LedgerSnapshot.findingsOfOneInstant(pool)
      count += 1
    }
    return (count, findings)
  }

  /// What the workers were told adds up to what the ledger says.
  private static func expectMoney(_ tally: HammerWorker.Tally, _ bench: HammerBench) async throws {
    let totals = try await bench.pool.withSession { try LedgerEvidence.read($0) }.journal
    #expect(totals["TRX revenue"] ?? 0 == tally.captured)
    #expect(totals["TRX adjustments"] ?? 0 == -tally.credited)
  }

  /// Silence means something: mistakes that the snapshots can show are named.
  private static func plant(_ bench: HammerBench) async throws {
    let kinds: [LedgerFinding.Kind] = [.cache, .settledTwice]
    for mistake in PlantedMistake.all where kinds.contains(mistake.kind) {
      let findings = try await bench.pool.rolledBack { session in
        try session.script("alter table journal disable trigger user")
        try session.script(mistake.sql)
        return try LedgerSnapshot.findings(session)
      }
      #expect(findings.contains { $0.kind == mistake.kind }, "\(mistake.name): \(findings)")
    }
  }
}
