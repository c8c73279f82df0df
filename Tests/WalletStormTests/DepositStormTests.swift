import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing

/// Real deposits among worthless ones, on the simulator, while the chain reorganises and services die.
/// ENERGY_STORM_SEED repeats a run's plan.
@Suite("Deposits in a storm", .serialized)
struct DepositStormTests {
  private static let gapBlocks = 500

  @Test("every real deposit is credited exactly once and nothing else is, and the books are the chain's")
  func storm() async throws {
    let given = ProcessInfo.processInfo.environment["ENERGY_STORM_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 1...UInt64.max)
    say("ENERGY_STORM_SEED=\(seed)")
    try await DepositStage.run { stage in
      let tally = StormTally()
      var random = SeededGenerator(seed: seed)
      try await Self.prepare(stage)
      try await Self.rage(stage, tally, &random)
      try await Self.gap(stage, tally, &random)
      try await Self.settle(stage)
      let truth = try await DepositTruth.read(stage)
      let records = try await stage.pool.transaction { try DepositRecords.read($0) }
      let findings = DepositChecker.findings(records, truth)
      Self.tell(tally, truth)
      #expect(findings.isEmpty, "ENERGY_STORM_SEED=\(seed): \(findings.count) findings, \(findings.prefix(10))")
      for service in stage.services where service.name.hasPrefix("wallet") {
        #expect(service.criticalLines.isEmpty, "\(service.name): \(service.criticalLines.prefix(3))")
      }
      #expect(try await stage.deadLetters() == 0)
      try await Self.plant(stage, truth)
      for name in DepositAct.all.map(\.name) + StageFault.all.map(\.name) {
        #expect(tally.count(name) > 0, "'\(name)' never happened")
      }
    }
  }

  /// The spender may spend, and the treasury has something to activate addresses with.
  private static func prepare(_ stage: DepositStage) async throws {
    let spender = stage.cast.spender.address
    try await stage.call(.approve(spender: spender, amount: 1_000_000_000_000), by: stage.cast.strangers[0])
    try await stage.pay(3_000_000_000, to: stage.cast.treasury.address, by: stage.cast.strangers[0])
    try await eventually("the treasury has been paid") {
      try await stage.sim.account(stage.cast.treasury.address).trx ?? 0 > 0
    }
  }

  /// All acts in an order of the seed's, while faults come in turn.
  private static func rage(_ stage: DepositStage, _ tally: StormTally, _ random: inout SeededGenerator) async throws {
    let acts = DepositAct.all.flatMap { Array(repeating: $0, count: $0.count) }.shuffled(using: &random)
    let (actSeed, faultSeed) = (random.next(), random.next())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var random = SeededGenerator(seed: actSeed)
        defer { tally.end() }
        for act in acts {
          if try await act.perform(stage, &random) { tally.note(act.name) }
          try await Task.sleep(for: .milliseconds(Int.random(in: 20...160, using: &random)))
        }
      }
      group.addTask {
        var random = SeededGenerator(seed: faultSeed)
        // Each at least once, however soon the acts are over.
        var coming = StageFault.all.shuffled(using: &random)
        while let fault = coming.popLast() {
          tally.note(fault.name, try await fault.strike(stage, &random))
          if coming.isEmpty, !tally.isOver { coming = StageFault.all.shuffled(using: &random) }
          try await Task.sleep(for: .milliseconds(Int.random(in: 200...900, using: &random)))
        }
      }
      try await group.waitForAll()
    }
  }

  /// Nobody reads while money arrives and the chain goes on for 500 blocks.
  private static func gap(_ stage: DepositStage, _ tally: StormTally, _ random: inout SeededGenerator) async throws {
    try await stage.killServices()
    let before = try await stage.sim.status().head
    for act in (DepositAct.real + DepositAct.worthless).shuffled(using: &random) {
      if try await act.perform(stage, &random) { tally.note(act.name) }
    }
    #expect(try await stage.sim.ask("/sim/blocks/produce", ["n": gapBlocks]))
    for act in DepositAct.real.shuffled(using: &random) {
      if try await act.perform(stage, &random) { tally.note(act.name) }
    }
    let after = try await stage.sim.status().head
    #expect(after - before >= Int64(gapBlocks))
    try await stage.startServices()
    // Taken as soon as tx-svc has come so far.
    try await eventually(within: .seconds(60), "the first blocks of the gap are read again") {
      try await stage.rescan(before...before + 9)
    }
  }

  /// Everything that was sent is solid, read and booked, as far as anybody can tell.
  private static func settle(_ stage: DepositStage) async throws {
    let last = try await stage.sim.status().head + 20
    try await stage.withBus { bus in
      try await eventually(within: .seconds(180), "tx-svc has read what is solid") {
        let status = try await bus.ask(GetChainStatus(), within: .seconds(20))
        return status.scannedNumber ?? 0 > last && status.tasks.isEmpty
      }
    }
    try await eventually(within: .seconds(60), "wallet-svc has taken what it was told") {
      try await stage.isQuiet()
    }
  }

  /// Silence means something: what is put in wrong is named.
  private static func plant(_ stage: DepositStage, _ truth: DepositTruth) async throws {
    for mistake in PlantedDeposit.all {
      let records = try await stage.pool.rolledBack { session in
        try session.script("set local search_path to wallet_svc; alter table journal disable trigger user")
        try session.script(mistake.sql)
        return try DepositRecords.read(session)
      }
      let findings = DepositChecker.findings(records, truth)
      #expect(findings.contains { $0.hasPrefix(mistake.finding) }, "\(mistake.name): \(findings.prefix(5))")
    }
  }

  private static func tell(_ tally: StormTally, _ truth: DepositTruth) {
    say("\(truth.deposits.count) deposits are on chain, and \(truth.ownTransactions.count) transactions of our own")
    for (name, count) in tally.all.sorted(by: { $0.key < $1.key }) { say("\(count) × \(name)") }
  }
}

/// Straight to standard error: what a run says must be seen when it hangs.
private func say(_ line: String) { FileHandle.standardError.write(Data("deposit storm: \(line)\n".utf8)) }
