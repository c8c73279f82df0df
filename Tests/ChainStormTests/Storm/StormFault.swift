import Foundation
import Redis
import TestKit
import TronKit

/// Something that goes wrong in a storm: how it is brought about, and how often it did.
struct StormFault: Sendable {
  enum Act: Sendable {
    /// The simulator acts it out on so many calls in a thousand, as long as the storm lasts, and counts them.
    case calls(path: String, mode: String, permille: Int, delayMs: Int? = nil)
    /// The test asks the simulator for it, which counts it under this name.
    case event(String, @Sendable (ChainWorld, inout SeededGenerator) async throws -> Void)
    /// The test brings it about itself; answers how often it took effect.
    case deed(@Sendable (ChainWorld, inout SeededGenerator) async throws -> Int)
  }

  /// Of a group one fault happens at a time, each in turn.
  enum Group: String, Sendable, CaseIterable {
    case calls, chain, lags, kills, freezes, connections, customers

    /// Seconds between two faults.
    var pause: ClosedRange<Double> {
      switch self {
      case .calls: 1...1
      case .chain: 0.5...1.5
      case .lags: 2...4
      case .kills: 2...4
      case .freezes: 5...10
      case .connections: 2...5
      case .customers: 0.5...1
      }
    }
  }

  let name: String
  let group: Group
  let act: Act

  /// The simulator's name of it.
  var mode: String? {
    if case .calls(_, let mode, _, _) = act { mode } else { nil }
  }

  static let all: [StormFault] = broadcasts + reads + chain + nodes + processes + connections + customers
}

// MARK: - Calls that fail

extension StormFault {
  private static func calls(_ path: String, _ modes: [(String, Int, Int?)]) -> [StormFault] {
    modes.map { mode, permille, delayMs in
      StormFault(
        name: "\(path): \(mode)", group: .calls,
        act: .calls(path: path, mode: mode, permille: permille, delayMs: delayMs))
    }
  }

  private static let broadcasts =
    calls(
      "broadcast",
      [
        ("drop_before", 10, nil), ("drop_after", 15, nil), ("error", 10, nil), ("delay", 10, 700), ("slow", 10, 700),
        ("busy", 10, nil), ("overloaded", 10, nil), ("http_429", 8, nil), ("http_403", 8, nil), ("http_503", 8, nil),
        ("suspended", 8, nil), ("http_500", 10, nil), ("cut", 10, nil), ("hang", 6, 2_000), ("no_connection", 10, nil),
        ("not_enough_effective_connection", 10, nil), ("block_unsolidified", 10, nil), ("other_error", 10, nil),
        ("tapos_error", 10, nil), ("accept_and_drop", 10, nil), ("accept_and_time_out", 8, 2_000),
        ("accept_and_cut", 15, nil),
      ])
    + [
      // Follows from `tapos_error` whenever the same bytes reach the same node again.
      StormFault(
        name: "a node calls a duplicate what it refused before", group: .calls,
        act: .event("reject_then_dup") { _, _ in })
    ]

  private static let reads =
    calls(
      "read",
      [
        ("drop_before", 5, nil), ("drop_after", 5, nil), ("error", 5, nil), ("delay", 5, 400), ("slow", 5, 400),
        ("busy", 5, nil), ("overloaded", 5, nil), ("http_429", 2, nil), ("http_403", 2, nil), ("http_503", 2, nil),
        ("suspended", 2, nil), ("http_500", 5, nil), ("cut", 5, nil), ("hang", 4, 1_500),
      ])
    + calls(
      "solid",
      [
        ("error", 20, nil), ("http_500", 20, nil), ("http_429", 20, nil), ("cut", 20, nil), ("slow", 20, 400),
        ("stale", 100, 15_000),
      ])
}

// MARK: - The network

extension StormFault {
  private static func reorganise(_ contents: String, blocks most: Int) -> StormFault {
    let name = "reorganisation_\(contents)"
    return StormFault(
      name: name, group: .chain,
      act: .event(name) { world, random in
        let blocks = Int.random(in: 1...most, using: &random)
        try await world.sim.ask("/sim/blocks/reorganise", ["blocks": blocks, "transactions": contents])
      })
  }

  /// One node shows other blocks than the others for a while; then one side wins.
  private static func fork(_ winner: String, _ contents: String) -> StormFault {
    StormFault(
      name: "two nodes disagree, the \(winner) wins, transactions: \(contents)", group: .chain,
      act: .event("join_\(winner)") { world, random in
        let blocks = Int.random(in: 1...4, using: &random)
        let node = Int.random(in: 1...world.options.nodes, using: &random)
        try await world.sim.ask("/sim/forks", ["node": node, "blocks": blocks, "transactions": contents])
        try await Task.sleep(for: .milliseconds(Int.random(in: 300...900, using: &random)))
        // A fork that would have become solid was given up meanwhile.
        try await world.sim.ask("/sim/forks/resolve", ["winner": winner])
      })
  }

  private static let chain: [StormFault] = [
    reorganise("return", blocks: 8), reorganise("lose", blocks: 3),
    // Only within a block: a transaction of a later one would stand before its own sending.
    reorganise("reverse", blocks: 1),
    StormFault(
      name: "the head's number falls", group: .chain,
      act: .deed { world, random in
        let head = try await world.sim.status().head
        let blocks = Int.random(in: 2...6, using: &random)
        try await world.sim.ask("/sim/blocks/revert", ["blocks": blocks, "keep_transactions": true])
        return try await world.sim.status().head < head ? 1 : 0
      }),
    StormFault(
      name: "all nodes lose the transactions that wait", group: .chain,
      act: .deed { world, _ in
        for _ in 0..<50 {
          guard try await world.sim.status().pool == 0 else { break }
          try await Task.sleep(for: .milliseconds(20))
        }
        let isWaiting = try await world.sim.status().pool > 0
        try await world.sim.ask("/sim/pool/clear", [:])
        return isWaiting ? 1 : 0
      }),
    fork("main", "return"), fork("fork", "return"), fork("fork", "lose"),
    StormFault(
      name: "no blocks for a while", group: .chain,
      act: .event("stall") { world, random in
        try await world.sim.ask("/sim/blocks/stall", ["intervals": Int.random(in: 5...25, using: &random)])
      }),
    StormFault(
      name: "empty blocks", group: .chain,
      act: .event("empty_block") { world, random in
        try await world.sim.ask("/sim/blocks/empty", ["blocks": Int.random(in: 3...12, using: &random)])
      }),
  ]

  private static let nodes: [StormFault] = [
    StormFault(
      name: "a node lags", group: .lags,
      act: .event("lag") { world, random in
        let node = Int.random(in: 1...world.options.nodes, using: &random)
        let blocks = Int.random(in: 2...40, using: &random)
        try await world.sim.ask("/sim/nodes/lag", ["node": node, "blocks": blocks])
        try await Task.sleep(for: .milliseconds(Int.random(in: 500...2_500, using: &random)))
        try await world.sim.ask("/sim/nodes/lag", ["node": node, "blocks": 0])
      }),
    StormFault(
      name: "a node forgets", group: .lags,
      act: .event("forget") { world, random in
        try await world.sim.ask("/sim/nodes/forget", ["node": Int.random(in: 1...world.options.nodes, using: &random)])
      }),
  ]
}

// MARK: - Processes, connections, customers

extension StormFault {
  private static let processes: [StormFault] = [
    StormFault(
      name: "tx-svc killed with SIGKILL", group: .kills,
      act: .deed { world, random in
        guard let worker = world.workers.randomElement(using: &random) else { return 0 }
        try await worker.killAndRestart()
        return 1
      }),
    StormFault(
      name: "tx-svc stopped for longer than its leases", group: .freezes,
      act: .deed { world, random in
        guard let worker = world.workers.randomElement(using: &random) else { return 0 }
        guard try worker.freezeIfRunning() else { return 0 }
        try await Task.sleep(for: .milliseconds(Int.random(in: 7_000...9_000, using: &random)))
        try worker.wake()
        return 1
      }),
  ]

  private static let connections: [StormFault] = [
    StormFault(
      name: "Redis connections cut", group: .connections,
      act: .deed { world, _ in
        let command = RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        return Int(try await world.commands.send(command).int ?? 0)
      }),
    StormFault(
      name: "Postgres connections cut", group: .connections,
      act: .deed { world, _ in
        try await world.execute(
          """
          select pg_terminate_backend(pid) from pg_stat_activity
          where usename = '\(ChainWorld.schema)' and datname = current_database()
          """
        ).count
      }),
  ]

  private static let customers: [StormFault] = [
    StormFault(
      name: "customer uses the energy", group: .customers,
      act: .deed { world, random in
        guard let receiver = try await world.sim.lent().randomElement(using: &random)?.to else { return 0 }
        let energy = Int64.random(in: 1...20_000, using: &random)
        return try await world.sim.isEnergyUsed(energy, by: receiver) ? 1 : 0
      })
  ]
}
