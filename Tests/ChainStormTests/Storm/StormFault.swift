import Foundation
import Redis
import TronKit

/// Something that goes wrong in a storm: how it is brought about, and how often it did.
struct StormFault: Sendable {
  enum Act: Sendable {
    /// The simulator acts it out on the next calls of a path; it tells on how many.
    case calls(path: String, mode: String, count: ClosedRange<Int>, delayMs: Int = 0)
    /// The test brings it about itself; answers how often it took effect.
    case deed(@Sendable (ChainWorld, inout SeededRandom) async throws -> Int)
  }

  let name: String
  /// Of this group one fault happens at a time.
  let group: Group
  let act: Act

  enum Group: String, Sendable, CaseIterable {
    case broadcasts, reads, chain, kills, freezes, connections, customers

    /// Seconds between two faults.
    var pause: ClosedRange<Double> {
      switch self {
      case .broadcasts, .reads: 0.1...0.5
      case .chain: 1...3
      case .kills: 2...4
      case .freezes: 6...12
      case .connections: 2...5
      case .customers: 0.5...1
      }
    }
  }

  static let all: [StormFault] = broadcasts + reads + chain + processes

  // MARK: - Nodes

  private static let broadcastPath = "/wallet/broadcasthex"

  private static let broadcasts: [StormFault] = [
    ("broadcast refused with status 500", "drop_before", 0), ("broadcast taken, answered with 500", "drop_after", 0),
    ("broadcast answered with a Java error", "error", 0), ("broadcast answered SERVER_BUSY", "busy", 0),
    ("broadcast answered late", "delay", 700), ("broadcast answered after the client has left", "delay", 6_000),
  ].map { name, mode, delayMs in
    StormFault(
      name: name, group: .broadcasts,
      act: .calls(path: broadcastPath, mode: mode, count: delayMs > 1_000 ? 1...2 : 1...6, delayMs: delayMs))
  }

  private static let reads: [StormFault] = [
    ("block refused", "/wallet/getblockbynum", "drop_before", 0), ("block late", "/wallet/getblockbynum", "delay", 400),
    ("head refused", "/wallet/getblock", "error", 0), ("solid head refused", "/walletsolidity/getblock", "busy", 0),
    ("receipts refused", "/walletsolidity/gettransactioninfobyblocknum", "error", 0),
    ("account refused", "/wallet/getaccount", "drop_before", 0),
    ("resources overloaded", "/wallet/getaccountresource", "busy", 0),
  ].map { name, path, mode, delayMs in
    StormFault(name: name, group: .reads, act: .calls(path: path, mode: mode, count: 1...4, delayMs: delayMs))
  }

  // MARK: - The chain

  private struct Reverted: Decodable { let transactions: [String] }

  private static func reorganise(_ name: String, keeping: Bool) -> StormFault {
    StormFault(
      name: name, group: .chain,
      act: .deed { world, random in
        let blocks = Int.random(in: 1...(keeping ? 8 : 3), using: &random)
        let reverted = try await world.sim.post(
          "/sim/blocks/revert", ["blocks": blocks, "keep_transactions": keeping], as: Reverted.self)
        // Counts when it took something back.
        return reverted.transactions.isEmpty ? 0 : 1
      })
  }

  private static let chain: [StormFault] = [
    reorganise("reorganisation that keeps the transactions", keeping: true),
    reorganise("reorganisation that loses the transactions", keeping: false),
    StormFault(
      name: "no blocks for a while", group: .chain,
      act: .deed { world, random in
        try await world.sim.pauseBlocks(true)
        try await Task.sleep(for: .milliseconds(Int.random(in: 500...2_500, using: &random)))
        try await world.sim.pauseBlocks(false)
        return 1
      }),
    StormFault(
      name: "node forgets what waits", group: .chain,
      act: .deed { world, _ in
        let waiting = try await world.sim.status().pool
        try await world.sim.post("/sim/pool/clear", [:])
        return waiting > 0 ? 1 : 0
      }),
    StormFault(
      name: "customer uses the energy", group: .customers,
      act: .deed { world, random in
        guard let lent = try await world.movements().last(where: \.isDelegate) else { return 0 }
        struct Used: Decodable { let used: Int64 }
        let energy = Int64.random(in: 1...20_000, using: &random)
        let used = try await world.sim.post("/sim/energy/use", ["address": lent.to, "energy": energy], as: Used.self)
        return used.used > 0 ? 1 : 0
      }),
  ]

  // MARK: - Processes and connections

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
        try worker.freeze()
        try await Task.sleep(for: .milliseconds(Int.random(in: 7_000...9_000, using: &random)))
        try worker.wake()
        return 1
      }),
    StormFault(
      name: "Redis connections cut", group: .connections,
      act: .deed { world, _ in
        try await world.commands.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")).int.map {
          Int($0)
        } ?? 0
      }),
    StormFault(
      name: "Postgres connections cut", group: .connections,
      act: .deed { world, _ in
        let ended = try await world.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = '\(ChainWorld.schema)' "
            + "and datname = current_database()")
        return ended.count
      }),
  ]
}
