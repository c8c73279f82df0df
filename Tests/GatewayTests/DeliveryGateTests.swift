import Testing

@testable import Gateway

/// Orders that come and are delivered in their order, in steps of the recount.
private struct SimulatedDeliveries {
  private var gate = DeliveryGate()
  /// When each of the undelivered was accepted.
  var open: [Duration] = []
  /// When those that were delivered were.
  private var delivered: [Duration] = []
  private(set) var now = Duration.zero
  private var due = 0.0
  private var credit = 0.0
  /// Accepted in each step.
  private(set) var steps: [Int] = []

  /// Returns how many were refused, and how long the slowest delivery took.
  mutating func run(seconds: Int, rate: Double, capacity: Double) -> (refused: Int, accepted: Int, slowest: Duration) {
    var result = (refused: 0, accepted: 0, slowest: Duration.zero)
    for _ in 0..<(seconds * 2) {
      now += .milliseconds(500)
      credit += capacity / 2
      while credit >= 1 {
        credit -= 1
        // A block takes three seconds.
        guard let first = open.first, now - first >= .seconds(3) else { continue }
        result.slowest = max(result.slowest, now - open.removeFirst())
        delivered.append(now)
      }
      delivered.removeAll { now - $0 > gate.settings.goal }
      let counts = DeliveryGate.Counts(
        undelivered: open.count, late: open.count { now - $0 > gate.lateAfter },
        recent: open.count { now - $0 <= gate.recentWithin }, delivered: delivered.count,
        deliveredLately: delivered.count { now - $0 < gate.lateAfter })
      var room = gate.room(counts, step: .milliseconds(500), at: now)
      steps.append(0)
      due += rate / 2
      while due >= 1 {
        due -= 1
        guard room > 0 else {
          result.refused += 1
          continue
        }
        room -= 1
        open.append(now)
        result.accepted += 1
        steps[steps.count - 1] += 1
      }
    }
    return result
  }
}

@Suite struct DeliveryGateTests {
  @Test func `While deliveries keep up nobody is held back`() {
    var world = SimulatedDeliveries()
    let result = world.run(seconds: 120, rate: 50, capacity: 60)
    #expect(result.refused == 0)
  }

  @Test func `A few late orders among many hold nobody back`() {
    #expect(room(.init(undelivered: 300, late: 20, recent: 290)) == 4700)
  }

  @Test func `Orders that stand still take no room from those that are delivered after them`() {
    #expect(room(.init(undelivered: 500, late: 460, recent: 40, delivered: 75, deliveredLately: 75)) == 10)
    #expect(room(.init(undelivered: 500, late: 460, recent: 40)) == 0)
  }

  @Test func `At twice the capacity deliveries stay near their goal`() {
    var world = SimulatedDeliveries()
    _ = world.run(seconds: 120, rate: 50, capacity: 25)
    let result = world.run(seconds: 300, rate: 50, capacity: 25)
    #expect(result.slowest < .seconds(15))
    #expect(result.refused > 300 * 20)
    #expect(result.accepted > 300 * 25 * 9 / 10)
  }

  @Test func `A chain that stands still piles nothing up, and locks nobody out`() {
    var world = SimulatedDeliveries()
    _ = world.run(seconds: 30, rate: 50, capacity: 60)
    _ = world.run(seconds: 20, rate: 50, capacity: 0)
    let before = world.open.count
    let during = world.run(seconds: 100, rate: 50, capacity: 0)
    #expect((60...80).contains(during.accepted), "twenty in thirty seconds, not \(during.accepted)")
    #expect(world.open.count == before + during.accepted)
    // Two seconds after deliveries flow again nobody is held back any more.
    #expect(world.run(seconds: 2, rate: 50, capacity: 100).refused < 30)
    #expect(world.run(seconds: 60, rate: 50, capacity: 100).refused == 0)
  }

  @Test func `There is never room beyond the maximum, but for the few that find out`() {
    let gate = DeliveryGate(.init(goal: .seconds(15), minimum: 5, maximum: 10))
    #expect(room(.init(undelivered: 9, recent: 9), gate) == 1)
    #expect(room(.init(undelivered: 10, recent: 10), gate) == 0)
    #expect(room(.init(undelivered: 10, late: 7, recent: 3), gate) == 2)
    #expect(room(.init(undelivered: 12, late: 12), gate) == 5)
  }

  @Test func `Half as many again as are delivered may come at a time, and no more wait than in two thirds of a goal`() {
    // 30 a second, steps of half a second.
    let flowing = DeliveryGate.Counts(undelivered: 60, late: 20, recent: 60, delivered: 450, deliveredLately: 150)
    #expect(room(flowing) == 23)
    let full = DeliveryGate.Counts(undelivered: 290, late: 60, recent: 290, delivered: 450, deliveredLately: 150)
    #expect(room(full) == 10)
  }

  @Test func `Orders are held back for one goal after the last were late`() {
    var gate = DeliveryGate()
    let late = DeliveryGate.Counts(undelivered: 100, late: 50, recent: 100, delivered: 300, deliveredLately: 100)
    let calm = DeliveryGate.Counts(undelivered: 40, recent: 40, delivered: 300, deliveredLately: 100)
    let step = Duration.milliseconds(500)
    #expect(!gate.holdsBack(at: .seconds(100)))
    #expect(gate.room(late, step: step, at: .seconds(100)) == 15)
    #expect(gate.holdsBack(at: .seconds(114)))
    #expect(gate.room(calm, step: step, at: .seconds(114)) == 15)
    #expect(!gate.holdsBack(at: .seconds(115)))
    #expect(gate.room(calm, step: step, at: .seconds(115)) == 4960)
  }

  @Test func `The pace from before a standstill is forgotten by half in five goals`() {
    var gate = DeliveryGate()
    let step = Duration.milliseconds(500)
    let flowing = DeliveryGate.Counts(undelivered: 100, late: 50, recent: 100, delivered: 600, deliveredLately: 200)
    #expect(gate.room(flowing, step: step, at: .seconds(0)) == 30)
    // After a standstill of 75 s the first are delivered, and what waits is old: half the pace.
    #expect(
      gate.room(
        .init(undelivered: 130, late: 100, recent: 30, delivered: 60, deliveredLately: 60), step: step,
        at: .seconds(75)) == 15)
    #expect(
      gate.room(
        .init(undelivered: 195, late: 100, recent: 95, delivered: 60, deliveredLately: 60), step: step,
        at: .seconds(150)) == 5)
  }

  @Test func `The pace from before says nothing when little or nothing is delivered`() {
    var gate = DeliveryGate()
    let step = Duration.milliseconds(500)
    let flowing = DeliveryGate.Counts(undelivered: 100, late: 50, recent: 100, delivered: 600, deliveredLately: 200)
    #expect(gate.room(flowing, step: step, at: .seconds(0)) == 30)
    let little = DeliveryGate.Counts(undelivered: 130, late: 100, recent: 30, delivered: 5, deliveredLately: 5)
    #expect(gate.room(little, step: step, at: .seconds(20)) == 3)
    let nothing = DeliveryGate.Counts(undelivered: 130, late: 100, recent: 30)
    #expect(gate.room(nothing, step: step, at: .seconds(21)) == 0)
  }

  @Test func `A crowd after a standstill is let in evenly`() {
    var world = SimulatedDeliveries()
    _ = world.run(seconds: 60, rate: 50, capacity: 60)
    _ = world.run(seconds: 20, rate: 50, capacity: 0)
    let before = world.steps.count
    _ = world.run(seconds: 40, rate: 300, capacity: 60)
    let seconds = stride(from: before, to: world.steps.count, by: 2).map { world.steps[$0] + world.steps[$0 + 1] }
    #expect(seconds.allSatisfy { (30...100).contains($0) }, "\(seconds)")
  }

  private func room(_ counts: DeliveryGate.Counts, _ gate: DeliveryGate = DeliveryGate()) -> Int {
    var gate = gate
    return gate.room(counts, step: .milliseconds(500), at: .zero)
  }
}

@Suite struct RetryPauseTests {
  @Test func `A few come back soon, many later, and not all at once`() {
    var pause = RetryPause()
    let few = (0..<20).map { pause.turnAway(at: .seconds($0), random: Double($0) / 20) }
    #expect(few.allSatisfy { (1...3).contains($0) })
    #expect(Set(few).count > 1)
    let many = (0..<1000).map { number in
      pause.turnAway(at: .seconds(30) + .milliseconds(5 * number), random: Double(number % 100) / 100)
    }
    #expect(many.max() == 23)
    #expect(Set(many.suffix(200)).count > 10)
    let later = pause.turnAway(at: .seconds(90), random: 0)
    #expect(later == 1)
  }
}

@Suite struct RecentMemoryTests {
  @Test func `What was noted last is remembered, and never more than the maximum`() {
    let memory = RecentMemory<Int, Int>(countMax: 10, for: .seconds(600))
    for number in 0..<100 { memory.note(number, -number) }
    #expect((95..<100).allSatisfy { memory.value(of: $0) == -$0 })
    #expect((0..<100).filter { memory.value(of: $0) != nil }.count <= 10)
    memory.note(99, 1)
    #expect(memory.value(of: 99) == 1)
  }

  @Test func `What is too old is not remembered`() {
    let memory = RecentMemory<Int, Int>(countMax: 10, for: .zero)
    memory.note(1, 1)
    #expect(memory.value(of: 1) == nil)
  }
}
