import Dispatch
import Foundation
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
      // Its threads go on here, and the world can end.
      for _ in 0..<10 { gate.signal() }
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
