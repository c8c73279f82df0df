import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit
@testable import BusProbe

/// What real processes do: crash, stand still, and die at the worst moment.
struct ProcessFailureTests {
  @Test func aMessageThatKillsItsProcessIsBuriedAndItsNeighboursAreNot() async throws {
    try await World.run { world in
      try await Deposits.run(world) { deposits in
        let probes = try Probes(world)
        try await world.send((0..<30).map { Deposit(account: $0 == 17 ? Probe.deadly : "good") })
        var ledger = try probes.launch("ledger")
        var crashes = 0
        try await eventually(within: .seconds(60), "the deadly message is a dead letter") {
          if !ledger.isRunning {
            crashes += 1
            ledger = try probes.launch("ledger")
          }
          return try await world.dead(Deposit.topic).map(\.reason) == ["attempts"]
        }
        #expect(crashes == 3, "as many as the attempts that the probe allows")
        try await eventually(within: .seconds(20)) { try await deposits.handled() == 29 }
        try await eventually { try await world.pending(Deposit.topic, "ledger") == 0 }
        #expect(try await deposits.number("select count(*) as n from ledger.outbox") == 29)
        #expect(try await deposits.number("select count(*) as n from ledger.accounts where id = 'deadly'") == 0)
        #expect(try await world.dead(Deposit.topic).count == 1)
        #expect(try await ledger.terminate() == 0)
      }
    }
  }

  @Test func whatAProcessCommittedBeforeItDiedIsNotAppliedAgain() async throws {
    try await World.run { world in
      try await Deposits.run(world) { deposits in
        let probes = try Probes(world)
        let doomed = try await probes.start("ledger", fault: .dieAfterCommit)
        try await deposits.publish(10, accounts: ["a"])
        #expect(await doomed.ended() != 0)
        let committed = try await deposits.handled()
        #expect(committed > 0, "it died after a commit")
        #expect(try await world.pending(Deposit.topic, "ledger") == committed, "and before it acknowledged any of it")
        _ = try await probes.start("ledger")
        _ = try await probes.start("auditor")
        try await deposits.settle()
        #expect(try await deposits.handled() == 10)
      }
    }
  }

  @Test func aProcessThatStandsStillLongerThanItsLeaseChangesNothingWhenItWakes() async throws {
    try await World.run { world in
      try await Deposits.run(world) { deposits in
        let probes = try Probes(world)
        let sleeper = try await probes.start("ledger", idleInTransaction: .milliseconds(700))
        let slow = (0..<40).map { _ in Deposit(account: "slow") }
        try await world.send(slow)
        try await eventually { try await world.pending(Deposit.topic, "ledger") ?? 0 > 0 }
        try await sleeper.send(SIGSTOP)
        let held = try await world.pending(Deposit.topic, "ledger") ?? 0
        #expect(held > 0, "it stands still in the middle of a batch")
        let other = try await probes.start("ledger", idleInTransaction: .milliseconds(700))
        // The lease is a second, the sign of life shorter: the other takes over.
        try await eventually(within: .seconds(30)) { try await deposits.handled() >= 20 }
        try await sleeper.send(SIGCONT)
        try await eventually(within: .seconds(30)) { try await deposits.handled() >= 40 }
        try await eventually(within: .seconds(20)) { try await world.pending(Deposit.topic, "ledger") == 0 }
        // Both work on.
        try await world.send((0..<20).map { _ in Deposit(account: "after") })
        try await eventually(within: .seconds(20)) { try await deposits.handled() >= 60 }
        #expect(sleeper.isRunning && other.isRunning)
        for process in [sleeper, other] { #expect(try await process.terminate() == 0) }
        #expect(try await deposits.handled() == 60)
        #expect(try await deposits.number("select count(*) as n from ledger.outbox") == 60)
        #expect(try await world.dead(Deposit.topic).isEmpty)
      }
    }
  }
}
