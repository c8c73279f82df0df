import Foundation
import Synchronization

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

  /// How often each fault took effect.
  var tally: [(name: String, count: Int)] {
    let counts = fired.withLock { $0 }
    return faults.map { ($0.name, counts[$0.name] ?? 0) }
  }

  var isEnding: Bool { isOver.withLock { $0 } }

  /// Ends it: `run` returns when what has begun is over.
  func end() { isOver.withLock { $0 = true } }

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (number, group) in StormFault.Group.allCases.enumerated() {
        let members = faults.filter { $0.group == group }
        guard !members.isEmpty else { continue }
        let random = SeededRandom(seed: seed &+ UInt64(number + 1))
        tasks.addTask { try await self.run(group, members, random) }
      }
      try await tasks.waitForAll()
    }
    try await calmDown()
  }

  private func run(_ group: StormFault.Group, _ members: [StormFault], _ seeded: SeededRandom) async throws {
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

  private struct Waiting: Decodable {
    let path: String
    let count: Int
  }

  private func strike(_ fault: StormFault, _ random: inout SeededRandom) async throws -> Int {
    switch fault.act {
    case .deed(let body): return try await body(world, &random)
    case .calls(let path, let mode, let range, let delayMs):
      let count = Int.random(in: range, using: &random)
      try await world.sim.setFault(path, mode: mode, count: count, delayMs: delayMs)
      _ = try await wait(1)
      let left = try await world.sim.get("/sim/faults", as: [Waiting].self).first { $0.path == path }?.count ?? 0
      try await world.sim.setFault(path, mode: mode, count: 0)
      return count - left
    }
  }

  /// Everything runs and is awake.
  private func calmDown() async throws {
    try await world.sim.pauseBlocks(false)
    for worker in world.workers {
      if worker.isRunning { try worker.wake() } else { try worker.start() }
    }
    for worker in world.workers { try await world.untilReady(worker) }
  }
}
