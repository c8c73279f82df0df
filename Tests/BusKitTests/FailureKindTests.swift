import Dispatch
import Foundation
import Postgres
import Redis
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// What becomes of a message whose handler fails in one way or another.
struct FailureKindTests {
  @Test func aPermanentFailureIsADeadLetterAtOnce() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      try await world.start(
        World.counter { add in
          runs.write(add.account)
          if add.account == "bad" { throw PermanentFailure("never") }
        })
      try await world.send(Add(account: "bad"))
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["permanent"] }
      #expect(runs.lines.count { $0 == "bad" } == 1)
    }
  }

  @Test func beingThrottledIsNobodysAttempt() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.attemptsMax = 1
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter { add in
          if runs.write(add.account) < 4 { throw Throttled("not now", after: .milliseconds(50)) }
        }, timing: timing)
      try await world.send(Add(account: "a"))
      try await eventually { try await counter.account("a")?.handled == 1 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func whatIsThrottledWithoutEndWaitsInPostgresAtLast() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.retryMost = .milliseconds(300)
      timing.attemptsMax = 2
      let counter = try await world.start(
        World.counter { _ in throw Throttled("not now", after: .milliseconds(50)) }, timing: timing)
      try await world.send(Add(account: "a"))
      // There each time is counted, and the last comes.
      try await eventually { try await counter.number("select coalesce(max(throttles), 0) as n from parked") >= 2 }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func anErrorMeansTheSameForAMessageThatWasParked() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(200)
      let runs = Diary<String>()
      try await world.start(
        World.counter { add in
          if runs.write(add.account) == 1 { throw TransientFailure("later", delay: .milliseconds(400)) }
          throw PostgresError(.encoding, "a text holds a NUL character")
        }, timing: timing)
      try await world.send(Add(account: "a"))
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["permanent"] }
      #expect(runs.lines.count == 2)
    }
  }

  @Test func whatAHandlerCannotReadOrStoreIsNotTriedAgainAndWhatTheWorldSaysIs() {
    func word(_ kind: FailureKind) -> String {
      switch kind {
      case .permanent(let reason): reason.rawValue
      case .throttled: "throttled"
      case .transient: "transient"
      }
    }
    let errors: [any Error] = [
      InvariantViolation(""), PermanentFailure(""), DecodingFailure(field: "f", value: "v"),
      PostgresError(.encoding, ""), Overdue(limit: .seconds(1)), Throttled("", after: .zero), TransientFailure(""),
      PostgresError(.limit, ""),
    ]
    #expect(
      errors.map { word(FailureKind(handling: $0)) } == [
        "invariant", "permanent", "invariant", "permanent", "overdue", "throttled", "transient", "transient",
      ])
    #expect(
      errors.map { word(FailureKind($0)) } == [
        "invariant", "permanent", "transient", "transient", "transient", "throttled", "transient", "transient",
      ])
  }

  @Test func aHandlerThatNeverReturnsTakesOnlyItsOwnMessageWithIt() async throws {
    let gate = DispatchSemaphore(value: 0)
    defer { for _ in 0..<10 { gate.signal() } }
    try await World.run { world in
      var timing = World.timing
      timing.handlerMax = .milliseconds(400)
      try await world.send((0..<6).map { Add(account: $0 == 3 ? "stuck" : "a") })
      let counter = try await world.start(
        World.counter { add in if add.account == "stuck" { gate.wait() } }, timing: timing,
        idleInTransaction: .milliseconds(200))
      try await eventually(within: .seconds(20)) { try await world.dead(Add.topic).map(\.reason) == ["overdue"] }
      try await eventually { try await counter.account("a")?.handled == 5 }
      #expect(counter.core.health.stuck > 0)
      // They return after all.
      for _ in 0..<10 { gate.signal() }
      try await eventually { counter.core.health.stuck == 0 }
    }
  }

  @Test func aDatabaseThatIsBusyIsNobodysAttempt() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.handlerMax = .milliseconds(400)
      timing.attemptsMax = 1
      let counter = try await world.start(World.counter(), timing: timing, idleInTransaction: .milliseconds(200))
      // All connections are taken for longer than a handler may take.
      let readers = (0..<3).map { _ in Task { try await counter.bus.read { _ in Thread.sleep(forTimeInterval: 1.5) } } }
      try await Task.sleep(for: .milliseconds(50))
      try await world.send((0..<5).map { _ in Add(account: "a") })
      for reader in readers { try await reader.value }
      try await eventually(within: .seconds(20)) {
        try await counter.account("a") == Account(id: "a", total: 5, handled: 5)
      }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).isEmpty)
      #expect(counter.core.health.stuck == 0)
    }
  }

  @Test func whatWaitsForASuspectToEndKeepsItsLease() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      try await counter.core.gate.withSuspect {
        try await world.send(Add(account: "a"))
        try await eventually { try await world.pending(Add.topic, "counter") == 1 }
        for _ in 0..<25 {
          try await Task.sleep(for: .milliseconds(100))
          let idle = try await world.redis.send(
            RedisCommand(
              "XPENDING", .init(Add.topic.streamKey(0)), "counter", "IDLE", .init(World.timing.lease.milliseconds), "-",
              "+", "10"))
          #expect(idle.array?.isEmpty == true)
        }
      }
      try await eventually { try await counter.account("a")?.handled == 1 }
    }
  }

  @Test func aSuspectRunsWithNothingBesideIt() async throws {
    let gate = SuspectGate()
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        group.addTask {
          if index % 7 == 0 {
            try await gate.withSuspect {
              inside.suspectComes()
              try await Task.sleep(for: .microseconds(200))
              inside.suspectGoes()
            }
          } else {
            try await gate.withBatch {
              inside.batchComes()
              try await Task.sleep(for: .microseconds(200))
              inside.batchGoes()
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(inside.mistakes == 0)
    #expect(inside.suspectsSeen == 29)
  }

  @Test func suspectsAndBatchesThatKeepComingTakeTurns() async throws {
    let gate = SuspectGate()
    let order = Diary<String>()
    /// The next one waits before this one leaves.
    @Sendable func batch(_ number: Int) async throws {
      try await gate.withBatch {
        order.write("batch")
        guard number < 2 else { return }
        if number == 0 {
          for _ in 0..<2 { Task { await gate.withSuspect { _ = order.write("suspect") } } }
          try await eventually { gate.waiting.suspects == 2 }
        }
        Task { try await batch(number + 1) }
        try await eventually { gate.waiting.batches == 1 }
      }
    }
    try await batch(0)
    try await eventually { order.lines.count == 5 }
    #expect(order.lines == ["batch", "suspect", "batch", "suspect", "batch"])
  }

  @Test func waitingEndsInTimeThoughTheWorkDoesNot() async throws {
    let gate = DispatchSemaphore(value: 0)
    let start = ContinuousClock.now
    await #expect(throws: Overdue.self) {
      try await waiting(atMost: .milliseconds(50)) {
        await withCheckedContinuation { continuation in
          Thread { gate.wait(); continuation.resume() }.start()
        }
      }
    }
    #expect(ContinuousClock.now - start < .seconds(5))
    gate.signal()
    #expect(try await waiting(atMost: .seconds(5)) { 42 } == 42)
  }
}

private final class Inside: Sendable {
  private struct State {
    var batches = 0
    var suspects = 0
    var suspectsSeen = 0
    var mistakes = 0
  }
  private let state = Mutex(State())

  var mistakes: Int { state.withLock { $0.mistakes } }
  var suspectsSeen: Int { state.withLock { $0.suspectsSeen } }

  func suspectComes() {
    state.withLock { state in
      if state.suspects + state.batches > 0 { state.mistakes += 1 }
      state.suspects += 1
      state.suspectsSeen += 1
    }
  }
  func suspectGoes() { state.withLock { $0.suspects -= 1 } }
  func batchComes() {
    state.withLock { state in
      if state.suspects > 0 { state.mistakes += 1 }
      state.batches += 1
    }
  }
  func batchGoes() { state.withLock { $0.batches -= 1 } }
}
