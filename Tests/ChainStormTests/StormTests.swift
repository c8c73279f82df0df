import Contracts
import Foundation
import TestKit
import Testing

/// Orders keep coming while everything fails that can. ENERGY_STORM_SEED repeats a run's orders and faults,
/// ENERGY_STORM_ORDERS sets how many there are; with ENERGY_TEST_FULL there are twice as many.
@Suite(.serialized)
struct StormTests {
  /// Faults end when all orders are placed and few are left, or after this, whatever machine it is.
  private static let stormMax: Duration = .seconds(210)
  /// How far the chain's clock is moved at the end: beyond every rental.
  private static let clockLeapMs: Int64 = (OrderRequest.lastingSeconds + 600) * 1_000
  /// Orders that are under way at the same time.
  private static let openMax = 260
  private static let options: ChainWorld.Options = {
    var options = ChainWorld.Options()
    options.suppliers = 16
    options.supplierStakeTRX = 400_000
    options.nodes = 3
    return options
  }()

  @Test("each order is delegated exactly once or cleanly failed, all sun comes back, and the ledger equals the chain")
  func storm() async throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["ENERGY_STORM_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64.max)
    let usual = environment["ENERGY_TEST_FULL"] == nil ? 2_000 : 4_000
    let count = environment["ENERGY_STORM_ORDERS"].flatMap { Int($0) } ?? usual
    say("ENERGY_STORM_SEED=\(seed), \(count) orders")
    try await ChainWorld.run(Self.options) { world in
      let known = Set(StormFault.all.compactMap(\.mode))
      #expect(try await world.sim.faultModes().subtracting(known).isEmpty, "the storm has every fault of the simulator")
      var random = SeededGenerator(seed: seed)
      let plan = try await StormPlan.make(count, world, &random)
      let storm = FaultStorm(world, seed: seed)
      let began = ContinuousClock.now
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        try await Self.rage(storm, plan.requests, desk)
        do {
          try await eventually(within: .seconds(150), "every order ends") { desk.open == 0 }
          say("\(desk.lasting) rentals outlast the storm, \(ContinuousClock.now - began)")
          #expect(desk.lasting > 0, "something is lent when the ledgers are compared")
          try await world.expectSameLedger()
          try await world.sim.setClock(aheadBy: Self.clockLeapMs)
          try await eventually(within: .seconds(90), "every rental ends") { desk.lasting == 0 }
        } catch let error as TestKitError {
          // What is missing is said by the checker.
          say("\(error)")
        }
      }
      let tally = try await storm.tally()
      Self.report(desk, tally, try await world.absorbed(), took: ContinuousClock.now - began)
      try await world.expectClean(desk)
      try await Self.plant(desk, world, &random)
      for (name, fired) in tally { #expect(fired > 0, "'\(name)' never happened") }
      #expect(desk.records.count { $0.isReclaimed } > count / 2, "most orders are delivered, storm or not")
    }
  }

  /// Places all orders while faults happen.
  private static func rage(_ storm: FaultStorm, _ requests: [OrderRequest], _ desk: OrderDesk) async throws {
    let began = ContinuousClock.now
    let until = began + stormMax * requests.count / 2_000
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await storm.run() }
      group.addTask {
        var lines = 0
        while !storm.isEnding {
          if ContinuousClock.now >= began + .seconds(5 * lines) {
            let faults = try await storm.tally().reduce(0) { $0 + $1.count }
            say("\(desk.placed) placed, \(desk.open) open, \(faults) faults")
            lines += 1
          }
          if ContinuousClock.now >= until { storm.end() }
          try await Task.sleep(for: .milliseconds(100))
        }
        say("faults end after \(ContinuousClock.now - began): \(desk.placed) placed, \(desk.open) open")
      }
      group.addTask {
        defer { storm.end() }
        try await place(requests, desk)
        // The ends of the rentals are part of the storm; what was lost waits for its expiration in peace.
        let until = ContinuousClock.now + .seconds(30)
        while desk.open > requests.count / 20, ContinuousClock.now < until {
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      try await group.waitForAll()
    }
  }

  private static func place(_ requests: [OrderRequest], _ desk: OrderDesk) async throws {
    var next = 0
    while next < requests.count {
      let room = min(10, openMax - desk.open)
      if room > 0 {
        try await desk.place(Array(requests[next..<min(requests.count, next + room)]))
        next += room
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// The checker is silent about this run. Is it so for the right reason?
  private static func plant(_ desk: OrderDesk, _ world: ChainWorld, _ random: inout SeededGenerator) async throws {
    let evidence = try await world.evidence(desk.records)
    let delivered = Set(desk.records.filter { $0.isReclaimed }.map(\.id))
    let orders = Dictionary(evidence.database.transactions.map { ($0.id, $0.order) }) { first, _ in first }
    let movements = evidence.chain.movements.filter { orders[$0.txID].map(delivered.contains) ?? false }
    for mistake in PlantedMistake.all {
      let candidates = movements.filter { $0.isDelegate == mistake.isDelegate }
      let movement = try #require(candidates.randomElement(using: &random))
      var changed = evidence
      mistake.make(&changed, movement)
      let kinds = Set(changed.findings.map(\.kind))
      #expect(kinds.contains(mistake.kind), "\(mistake.name) of \(movement.txID) is not seen")
    }
  }

  private static func report(
    _ desk: OrderDesk, _ tally: [(name: String, count: Int)], _ absorbed: [(name: String, count: Int64)],
    took: Duration
  ) {
    let records = desk.records
    let failures = Dictionary(grouping: records.compactMap(\.failure?.rawValue), by: \.self).mapValues(\.count)
    say("\(records.count) orders in \(took): \(records.count { $0.isReclaimed }) delivered and taken back")
    for (reason, count) in failures.sorted(by: { $0.key < $1.key }) { say("\(count) × refused: \(reason)") }
    for (name, fired) in tally { say("\(fired) × \(name)") }
    say("\(desk.repeats.commands) × absorbed: a command said again")
    say("\(desk.repeats.events) × absorbed: an event told again")
    for (name, count) in absorbed { say("\(count) × absorbed: \(name)") }
  }
}

/// Straight to standard error: what a run says must be seen when it hangs.
private func say(_ line: String) { FileHandle.standardError.write(Data("storm: \(line)\n".utf8)) }
