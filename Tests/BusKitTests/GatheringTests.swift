import Synchronization
import TestKit
import Testing

@testable import BusKit

struct GatheringTests {
  /// A gate that work waits at until it is opened.
  private actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
      if isOpen { return }
      await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
      isOpen = true
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
  }

  @Test func whatComesMeanwhileIsWorkedOnTogetherAndEachGetsItsOwnAnswer() async throws {
    let calls = Mutex<[[Int]]>([])
    let gate = Gate()
    let gathering = Gathering<Int, String>(leadersMax: 1, itemsMax: 10) { items in
      calls.withLock { $0.append(items) }
      await gate.pass()
      return { "answer \(items[$0])" }
    }
    let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      group.addTask { (0, await gathering.answer(0)) }
      try await eventually { calls.withLock { $0.count } == 1 }
      for item in 1...25 { group.addTask { (item, await gathering.answer(item)) } }
      // All of them wait before the first is done; nothing tells that from outside.
      try await Task.sleep(for: .milliseconds(100))
      await gate.open()
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(answers.count == 26)
    #expect(answers.allSatisfy { $1 == "answer \($0)" })
    let sizes = calls.withLock { $0.map(\.count) }
    #expect(sizes.reduce(0, +) == 26)
    #expect(sizes.allSatisfy { $0 <= 10 })
    #expect(sizes.first == 1)
    #expect(sizes.count < 26, "nothing was gathered: \(sizes)")
  }

  @Test func noMoreCallsRunAtOnceThanThereMayBe() async throws {
    let running = Mutex((now: 0, most: 0))
    let gathering = Gathering<Int, Int>(leadersMax: 2, itemsMax: 3) { items in
      running.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      await Task.yield()
      running.withLock { $0.now -= 1 }
      return { items[$0] * 2 }
    }
    let sum = await withTaskGroup(of: Int.self) { group in
      for item in 0..<500 { group.addTask { await gathering.answer(item) } }
      return await group.reduce(0, +)
    }
    #expect(sum == 499 * 500)
    #expect(running.withLock { $0.most } <= 2)
  }

  @Test func aCancelledTaskLeadsNobodyIntoItsEnd() async throws {
    let gate = Gate()
    let calls = Mutex<[[Int]]>([])
    let gathering = Gathering<Int, Bool>(leadersMax: 1, itemsMax: 10) { items in
      calls.withLock { $0.append(items) }
      if items == [0] { await gate.pass() }
      let isCancelled = Task.isCancelled
      return { _ in isCancelled }
    }
    let first = Task { await gathering.answer(0) }
    try await eventually { calls.withLock { $0.count } == 1 }
    let second = Task { await gathering.answer(1) }
    second.cancel()
    // It waits before the others come, so that it leads next.
    try await Task.sleep(for: .milliseconds(50))
    let others = [2, 3, 4].map { item in Task { await gathering.answer(item) } }
    try await Task.sleep(for: .milliseconds(50))
    await gate.open()
    #expect(await !first.value)
    #expect(await second.value)
    for other in others { #expect(await !other.value) }
  }
}
