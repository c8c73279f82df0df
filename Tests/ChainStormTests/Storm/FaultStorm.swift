import Foundation
import Synchronization
import TestKit

/// Lets faults happen by a schedule that the seed decides, until it is told to end; counts them.
final class FaultStorm: Sendable {
  private let world: ChainWorld
  private let seed: UInt64
  private let faults: [StormFault]
  private let fired: Mutex<[String: Int]>
  private let isOver = Mutex(false)

  init(_ world: ChainWorld, seed: UInt64, faults: [StormFault] = StormFault.all) {
    self.world = world
    self.seed = seed
    self.faults = faults
    fired = Mutex(Dictionary(uniqueKeysWithValues: faults.map { ($0.name, 0) }))
  }

  /// How often each fault took effect, by the test's own count and the simulator's.
  func tally() async throws -> [(name: String, count: Int)] {
    let own = fired.withLock { $0 }
    let events = try await world.sim.fired()
    return faults.map { fault in
      switch fault.act {
      case .deed: (fault.name, own[fault.name] ?? 0)
      case .event(let name, _): (fault.name, events.filter { $0.name == name }.reduce(0) { $0 + $1.count })
      case .calls(let path, let mode, _, _):
        (fault.name, events.filter { $0.name == mode && $0.path == path }.reduce(0) { $0 + $1.count })
      }
    }
  }

  var isEnding: Bool { isOver.withLock { $0 } }

  /// Ends it: `run` returns when what has begun is over.
  func end() { isOver.withLock { $0 = true } }

  func run() async throws {
    for (number, fault) in faults.enumerated() { try await set(fault, seed: Int64(seed >> 2) &+ Int64(number)) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (number, group) in StormFault.Group.allCases.enumerated() {
        let members = faults.filter { $0.group == group && group != .calls }
        guard !members.isEmpty else { continue }
        let random = SeededGenerator(seed: seed &+ UInt64(number + 1))
        tasks.addTask { try await self.run(group, members, random) }
      }
      try await tasks.waitForAll()
    }
    try await calmDown()
  }

  private func run(_ group: StormFault.Group, _ members: [StormFault], _ seeded: SeededGenerator) async throws {
    var random = seeded
    // Each in turn, in an order of the seed's: with enough time none is left out.
    var coming: [StormFault] = []
    while true {
      let pause = Double.random(in: group.pause, using: &random)
      guard try await wait(pause) else { return }
      if coming.isEmpty { coming = members.shuffled(using: &random) }
      let fault = coming.removeFirst()
      let count = try await strike(fault, &random)
      fired.withLock { $0[fault.name, default: 0] += count }
    }
  }

  /// False when the storm has ended meanwhile.
  private func wait(_ seconds: Double) async throws -> Bool {
    let until = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < until {
      if isEnding { return false }
      try await Task.sleep(for: .milliseconds(20))
    }
    return !isEnding
  }

  /// Faults of calls are on from the beginning to the end.
  private func set(_ fault: StormFault, seed: Int64) async throws {
    guard case .calls(let path, let mode, let permille, let delayMs) = fault.act else { return }
    var body: [String: any Sendable] = [
      "path": path, "mode": mode, "probability": Double(permille) / 1000, "seed": seed, "seconds": 1,
    ]
    if let delayMs { body["delay_ms"] = delayMs }
    try await world.sim.post("/sim/faults", body)
  }

  private func strike(_ fault: StormFault, _ random: inout SeededGenerator) async throws -> Int {
    switch fault.act {
    case .calls: return 0
    case .deed(let body): return try await body(world, &random)
    case .event(_, let body):
      try await body(world, &random)
      return 0
    }
  }

  /// Nothing fails any more, and everything runs and is awake.
  private func calmDown() async throws {
    try await world.sim.post("/sim/faults/clear", [:])
    try await world.sim.ask("/sim/forks/resolve", ["winner": "main"])
    try await world.sim.post("/sim/nodes/lag", ["blocks": 0])
    for worker in world.workers {
      if worker.isRunning { try worker.wake() } else { try worker.start() }
    }
    for worker in world.workers { try await world.untilReady(worker) }
  }
}
