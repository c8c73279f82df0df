import Foundation
import Postgres
import Redis
import TestKit

@testable import BusKit
@testable import BusProbe

/// One trouble after the other, in an order and at times that a seed decides: two replicas of `ledger` as processes, an
/// auditor, deposits all the while.
final class Chaos {
  enum Trouble: String, CaseIterable {
    case redisForgets, redisDies, redisStandsStill, connectionsAreCut, scriptsAreForgotten
    case sessionsEnd, postgresCrashes
    case replicaDies, replicaStandsStill, replicaIsReplaced
  }

  private let world: World
  private let probes: Probes
  private var generator: SeededGenerator
  private let start = ContinuousClock.now
  private var ledgers: [ProbeProcess] = []
  /// Replicas that stand still, until then.
  private var asleep: [Int: ContinuousClock.Instant] = [:]
  private var deck: [Trouble] = []
  private(set) var history: [String] = []

  init(_ world: World, seed: UInt64) throws {
    self.world = world
    probes = try Probes(world)
    generator = SeededGenerator(seed: seed)
  }

  /// Makes trouble for so long, then lets everybody wake up.
  func run(for time: Duration) async throws {
    for _ in 0..<2 { ledgers.append(try await startLedger()) }
    while ContinuousClock.now - start < time {
      try await Task.sleep(for: .milliseconds(200 + random(600)))
      try await wakeWhoseTimeHasCome(at: .now)
      for ledger in ledgers where !ledger.isRunning {
        throw TestKitError("A replica ended by itself: \(ledger.logTail)")
      }
      if deck.isEmpty { deck = shuffled(Trouble.allCases) }
      let trouble = deck.removeLast()
      history.append("\((ContinuousClock.now - start).milliseconds) ms \(trouble)")
      try await make(trouble)
    }
    try await wakeWhoseTimeHasCome(at: .now + .seconds(3600))
  }

  /// Drains both replicas; throws when one does not end well.
  func end() async throws {
    for ledger in ledgers {
      let status = try await ledger.terminate()
      guard status == 0 else { throw TestKitError("A replica ended with \(status): \(ledger.logTail)") }
    }
  }

  private func random(_ most: Int) -> Int { Int(generator.next() % UInt64(max(1, most))) }

  private func shuffled(_ troubles: [Trouble]) -> [Trouble] {
    var troubles = troubles
    for index in troubles.indices.dropFirst() { troubles.swapAt(index, random(index + 1)) }
    return troubles
  }

  private func startLedger() async throws -> ProbeProcess {
    try await probes.start("ledger", attemptsMax: 1_000, idleInTransaction: .milliseconds(1_500))
  }

  private func wakeWhoseTimeHasCome(at now: ContinuousClock.Instant) async throws {
    for (index, time) in asleep where time <= now {
      asleep[index] = nil
      try await ledgers[index].send(SIGCONT)
    }
  }

  private func make(_ trouble: Trouble) async throws {
    switch trouble {
    case .redisForgets: try await redis("FLUSHALL")
    case .connectionsAreCut: try await redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    case .scriptsAreForgotten: try await redis("SCRIPT", "FLUSH")
    case .redisDies:
      try await world.server.kill9()
      try await Task.sleep(for: .milliseconds(random(800)))
      try await world.server.restart()
    case .redisStandsStill:
      let pid = try await world.redisProcess()
      try signal(pid, SIGSTOP)
      try await Task.sleep(for: .milliseconds(100 + random(1_400)))
      try signal(pid, SIGCONT)
    case .sessionsEnd:
      _ = try await world.postgres.administer(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name in ('ledger', 'auditor', 'source') and random() < 0.5
        """)
    case .postgresCrashes:
      try await world.postgres.stopImmediately()
      try await Task.sleep(for: .milliseconds(random(600)))
      try await world.postgres.restart()
    case .replicaDies: try await replace { try await $0.kill9() }
    case .replicaIsReplaced: try await replace { _ = try await $0.terminate() }
    case .replicaStandsStill:
      let index = random(ledgers.count)
      guard asleep.isEmpty else { return }
      try await ledgers[index].send(SIGSTOP)
      // Around its lease of a second, and far beyond its sign of life.
      asleep[index] = .now + .milliseconds(700 + random(2_000))
    }
  }

  private func redis(_ words: RedisWord...) async throws { _ = try await world.redis.send(RedisCommand(words)) }

  private func signal(_ pid: Int32, _ signal: Int32) throws {
    guard kill(pid, signal) == 0 else { throw TestKitError("Redis cannot be sent signal \(signal).") }
  }

  /// Ends a replica that is awake, and starts another in its place.
  private func replace(_ end: (ProbeProcess) async throws -> Void) async throws {
    let awake = ledgers.indices.filter { asleep[$0] == nil }
    let index = awake[random(awake.count)]
    try await end(ledgers[index])
    ledgers[index] = try await startLedger()
  }
}
