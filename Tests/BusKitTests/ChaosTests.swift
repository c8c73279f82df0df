import Foundation
import TestKit
import Testing

@testable import BusKit
@testable import BusProbe

struct ChaosTests {
  /// Longer with ENERGY_TEST_FULL; again with the seed that a failure names, as ENERGY_CHAOS_SEED.
  @Test func whateverBreaksEachMessageHasOneEffect() async throws {
    let environment = ProcessInfo.processInfo.environment
    let time: Duration = environment["ENERGY_TEST_FULL"] == nil ? .seconds(20) : .seconds(240)
    let seed = environment["ENERGY_CHAOS_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...UInt64.max)
    let postgres = try await PostgresServer.start(settings: ["synchronous_commit=on"])
    do {
      try await World.run(postgres: postgres) { world in
        let chaos = try Chaos(world, seed: seed)
        do {
          try await Deposits.run(world) { deposits in try await run(chaos, for: time, world, deposits) }
        } catch {
          throw TestKitError("ENERGY_CHAOS_SEED=\(seed): \(error)\n\(chaos.history.joined(separator: "\n"))")
        }
      }
    } catch {
      try await postgres.stop()
      throw error
    }
    try await postgres.stop()
  }

  private func run(_ chaos: Chaos, for time: Duration, _ world: World, _ deposits: Deposits) async throws {
    let auditor = try await world.start(Probe.auditor(), timing: Probe.timing(attemptsMax: 1_000))
    let publishing = Task {
      while !Task.isCancelled { try await deposits.publish(10, pause: .milliseconds(40)) }
    }
    do {
      try await chaos.run(for: time)
    } catch {
      publishing.cancel()
      throw error
    }
    publishing.cancel()
    do { try await publishing.value } catch is CancellationError {}
    try await deposits.settle(within: .seconds(60))
    // A storm in which nothing was sent twice would have shown nothing.
    let line = auditor.bus.metrics.render().split(separator: "\n").first { $0.hasPrefix("energy_bus_duplicates_total") }
    #expect(line?.split(separator: " ").last.flatMap { Int($0) } ?? 0 > 0, "duplicates were absorbed")
    try await chaos.end()
  }
}
