import Dispatch
import Foundation
import TestKit
import Testing

@testable import BusKit

/// Waits that are longer than a lease.
struct ParkedMessageTests {
  @Test func aLongWaitIsSpentInPostgresAndSurvivesARestart() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(300)
      let runs = Diary<String>()
      let service = World.counter { add in
        if runs.write(add.account) == 1 { throw TransientFailure("later", delay: .milliseconds(1500)) }
      }
      let counter = try await world.start(service, timing: timing)
      try await world.send(Add(account: "a"))
      try await eventually { try await counter.number("select count(*) as n from parked") == 1 }
      // It is acknowledged after that commit, and long before the wait is over.
      try await eventually(within: .seconds(1)) { try await world.pending(Add.topic, "counter") == 0 }
      try await counter.stop()
      let successor = try await world.start(service, timing: timing)
      try await eventually { try await successor.account("a")?.handled == 1 }
      try await eventually { try await successor.number("select count(*) as n from parked") == 0 }
      #expect(runs.lines.count == 2)
    }
  }

  @Test func aParkedMessageThatKeepsFailingIsADeadLetterThatCanBeReplayed() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(200)
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter { add in
          if runs.write(add.account) <= 3 { throw TransientFailure("later", delay: .milliseconds(300)) }
        }, timing: timing)
      try await world.send(Add(account: "a"))
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["attempts"] }
      #expect(runs.lines.count == 3)
      let broker = counter.core.broker
      let letter = try #require(try await broker.deadLetters(Add.topic, partition: 0, after: nil, limit: 10).first)
      #expect(letter.group == "counter")
      #expect(letter.deliveries == 3)
      #expect(try letter.envelope().type == Add.messageType)
      #expect(try await broker.replayDead(Add.topic, partition: 0, ids: [letter.id]) == 1)
      try await eventually { try await counter.account("a")?.handled == 1 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func aMessageThatPostgresCannotStoreIsADeadLetterAndHoldsUpNoOther() async throws {
    try await World.run { world in
      let counter = try await world.start(
        World.counter { add in if add.account == "a" { throw TransientFailure("later", delay: .seconds(60)) } })
      var foreign = try World.envelope(Add(account: "a"))
      foreign.correlation = "a\0b"
      try await world.send(foreign, to: Add.topic)
      try await world.send(Add(account: "b"))
      try await eventually { try await counter.account("b")?.handled == 1 }
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["permanent"] }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
    }
  }

  @Test func whatWaitsBehindAParkedMessageIsNotCharged() async throws {
    let gate = DispatchSemaphore(value: 0)
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(300)
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter { add in
          let count = runs.write(add.account)
          if count <= 2 { throw TransientFailure("later", delay: .milliseconds(600)) }
          if count == 3 { _ = gate.wait(timeout: .now() + 10) }
        }, timing: timing)
      try await world.send(Add(account: "a"))
      try await eventually { runs.lines.count == 1 }
      try await world.send(Add(account: "b"))
      try await eventually { runs.lines.count == 3 }
      // Both are due; the one that does not run has only its delivery behind it.
      try await Task.sleep(for: .milliseconds(700))
      #expect(runs.lines == ["a", "b", "a"])
      #expect(try await counter.number("select min(attempts) as n from parked") == 1)
      gate.signal()
      try await eventually { try await counter.number("select count(*) as n from parked") == 0 }
      #expect(try await counter.account("b")?.handled == 1)
    }
  }

  @Test func whatIsParkedTwiceIsAppliedOnce() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(200)
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter { add in
          if runs.write(add.account) <= 2 { throw Throttled("not now", after: .milliseconds(600)) }
        }, timing: timing)
      let id = UUID.v7()
      // The broker delivers it twice, and both are put off.
      try await world.send(Add(account: "a"), id: id)
      try await world.send(Add(account: "a"), id: id)
      try await eventually { try await counter.account("a")?.handled == 1 }
      try await eventually { try await counter.number("select count(*) as n from parked") == 0 }
      #expect(try await counter.account("a")?.handled == 1)
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }
}
