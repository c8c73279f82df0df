import Contracts
import Foundation
import TestKit
import Testing

/// Orders keep coming while everything fails that can. ENERGY_STORM_SEED repeats a run's orders and faults,
/// ENERGY_STORM_ORDERS sets how many there are; with ENERGY_TEST_FULL there are twice as many.
@Suite(.serialized)
struct StormTests {
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
      var random = SeededGenerator(seed: seed)
      let plan = try await StormPlan.make(count, world, &random)
      let storm = FaultStorm(world, seed: seed)
      let began = ContinuousClock.now
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await storm.run() }
          group.addTask {
            while !storm.isEnding {
              let faults = try await storm.tally().reduce(0) { $0 + $1.count }
              say("\(desk.placed) placed, \(desk.open) open, \(faults) faults")
              try await Task.sleep(for: .seconds(5))
            }
          }
          group.addTask {
            defer { storm.end() }
            try await Self.place(plan.requests, desk)
            // The ends of the rentals are part of the storm; what was lost waits for its expiration in peace.
            let until = ContinuousClock.now + .seconds(30)
            while desk.open > count / 20, ContinuousClock.now < until { try await Task.sleep(for: .milliseconds(100)) }
          }
          try await group.waitForAll()
        }
        say("faults end after \(ContinuousClock.now - began), \(desk.open) orders are open")
        do {
          try await eventually(within: .seconds(150), "every order ends") { desk.open == 0 }
        } catch let error as TestKitError {
          // What is missing is said by the checker.
          say("\(error)")
        }
      }
      let tally = try await storm.tally()
      Self.report(desk, tally, took: ContinuousClock.now - began)
      try await world.expectClean(desk)
      for (name, fired) in tally { #expect(fired > 0, "'\(name)' never happened") }
      #expect(desk.records.count { $0.isReclaimed } > count / 2, "most orders are delivered, storm or not")
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

  private static func report(_ desk: OrderDesk, _ tally: [(name: String, count: Int)], took: Duration) {
    let records = desk.records
    let failures = Dictionary(grouping: records.compactMap(\.failure?.rawValue), by: \.self).mapValues(\.count)
    say("\(records.count { $0.isReclaimed }) delivered and taken back, \(failures) in \(took)")
    for (name, fired) in tally { say("\(fired) × \(name)") }
  }
}

/// Straight to standard error: what a run says must be seen when it hangs.
private func say(_ line: String) { FileHandle.standardError.write(Data("storm: \(line)\n".utf8)) }
