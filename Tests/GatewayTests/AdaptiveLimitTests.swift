import Testing

@testable import Gateway

/// A server that works off one after the other, behind a limit: who comes is let in or turned away at once.
private struct SimulatedShop {
  private struct Waiting {
    let ticket: AdaptiveLimit.Ticket
    let came: Duration
    /// nil: nobody waits any more.
    var isWaiting = true
  }

  static let patience = Duration.seconds(3)
  var limit = AdaptiveLimit()
  private var queue: [Waiting] = []
  private var now = Duration.zero
  private var credit = 0.0
  private var due = 0.0
  private var deadTime: Duration

  /// - Parameter deadTime: what each takes at least, however little there is to do.
  init(deadTime: Duration = .milliseconds(50)) { self.deadTime = deadTime }

  struct Result {
    var times: [Duration] = []
    var refused = 0
    var unanswered = 0
    var late: Int { times.count { $0 > .milliseconds(1500) } + unanswered }
    var worst: Duration { times.max() ?? .zero }
  }

  /// - Parameters:
  ///   - rate: arrivals a second.
  ///   - capacity: what the server does in a second.
  mutating func run(seconds: Int, rate: Double, capacity: Double) -> Result {
    let step = Duration.milliseconds(5)
    var result = Result()
    for _ in 0..<(seconds * 200) {
      now += step
      due += rate / 200
      while due >= 1 {
        due -= 1
        if let ticket = limit.admit(at: now) {
          queue.append(Waiting(ticket: ticket, came: now))
        } else {
          result.refused += 1
        }
      }
      credit = min(credit + capacity / 200, max(1, capacity / 200))
      while credit >= 1, let first = queue.first, now - first.came >= deadTime {
        credit -= 1
        queue.removeFirst()
        guard first.isWaiting else { continue }
        result.times.append(now - first.came)
        limit.end(first.ticket, .came(after: now - first.came), at: now)
      }
      for index in queue.indices where queue[index].isWaiting && now - queue[index].came > Self.patience {
        queue[index].isWaiting = false
        result.unanswered += 1
        limit.end(queue[index].ticket, .neverCame, at: now)
      }
    }
    return result
  }
}

@Suite struct AdaptiveLimitTests {
  @Test func `Below the capacity nobody is turned away`() {
    var shop = SimulatedShop()
    let result = shop.run(seconds: 60, rate: 40, capacity: 50)
    #expect(result.refused == 0)
    #expect(result.worst < .milliseconds(300))
  }

  @Test(arguments: [10.0, 50, 200])
  func `At twice the capacity what is let in keeps the goal, and the capacity is used`(_ capacity: Double) {
    var shop = SimulatedShop()
    _ = shop.run(seconds: 30, rate: 2 * capacity, capacity: capacity)
    let result = shop.run(seconds: 300, rate: 2 * capacity, capacity: capacity)
    #expect(Double(result.late) <= 0.01 * Double(result.times.count))
    #expect(result.worst < .milliseconds(2000))
    #expect(Double(result.times.count) > 0.95 * 300 * capacity)
    #expect(shop.limit.current <= 128)
  }

  @Test func `A tenth of the capacity is noticed within seconds`() {
    var shop = SimulatedShop()
    _ = shop.run(seconds: 60, rate: 100, capacity: 50)
    _ = shop.run(seconds: 30, rate: 100, capacity: 5)
    let result = shop.run(seconds: 60, rate: 100, capacity: 5)
    #expect(Double(result.late) <= 0.2 * Double(result.times.count))
    #expect(shop.limit.current <= 8)
  }

  @Test func `Ten seconds after an overload or a standstill all are served in time again`() {
    var shop = SimulatedShop()
    _ = shop.run(seconds: 300, rate: 100, capacity: 50)
    _ = shop.run(seconds: 10, rate: 40, capacity: 50)
    let afterOverload = shop.run(seconds: 30, rate: 40, capacity: 50)
    #expect(afterOverload.refused + afterOverload.late == 0)
    _ = shop.run(seconds: 30, rate: 40, capacity: 0)
    #expect(shop.limit.current == 4)
    _ = shop.run(seconds: 10, rate: 40, capacity: 50)
    let afterStandstill = shop.run(seconds: 30, rate: 40, capacity: 50)
    #expect(afterStandstill.refused + afterStandstill.late == 0)
  }

  @Test func `Slow answers that no load has caused do not keep a lowered limit low`() {
    var shop = SimulatedShop(deadTime: .milliseconds(1000))
    _ = shop.run(seconds: 30, rate: 20, capacity: 0)
    #expect(shop.limit.current == 4)
    _ = shop.run(seconds: 60, rate: 20, capacity: 50)
    let result = shop.run(seconds: 30, rate: 20, capacity: 50)
    #expect(result.refused == 0)
  }

  @Test func `Those that were let in together lower it once`() throws {
    var limit = AdaptiveLimit(.init(start: 10, minimum: 2, maximum: 20, goal: .seconds(1)))
    let admitted = (0..<11).map { _ in limit.admit(at: .zero) }
    let tickets = admitted.compactMap { $0 }
    #expect(tickets.count == 10)
    for ticket in tickets { limit.end(ticket, .came(after: .seconds(2)), at: .seconds(2)) }
    #expect(limit.current == 8)
    let next = limit.admit(at: .seconds(3))
    limit.end(try #require(next), .neverCame, at: .seconds(6))
    #expect(limit.current == 4)
    #expect(limit.inWork == 0)
  }

  @Test func `A few slow answers with reasons of their own do not lower it`() throws {
    var limit = AdaptiveLimit(.init(start: 32, minimum: 4, maximum: 64, goal: .seconds(1)))
    for second in 0..<100 {
      let admitted = (0..<20).map { _ in limit.admit(at: .seconds(second)) }
      for (number, ticket) in admitted.enumerated() {
        limit.end(try #require(ticket), .came(after: .milliseconds(number == 0 ? 2000 : 300)), at: .seconds(second))
      }
    }
    #expect(limit.current > 32)
  }

  @Test func `After a standstill it is back at half of what it was within a few rounds`() throws {
    var limit = AdaptiveLimit(.init(start: 64, minimum: 4, maximum: 64, goal: .seconds(1)))
    for second in 0..<10 {
      while let ticket = limit.admit(at: .seconds(second)) {
        limit.end(ticket, .neverCame, at: .seconds(second))
        if limit.current == 4 { break }
      }
    }
    #expect(limit.current == 4)
    for round in 1...5 {
      let admitted = (0..<limit.current).map { _ in limit.admit(at: .seconds(20 + round)) }
      for ticket in admitted {
        limit.end(try #require(ticket), .came(after: .milliseconds(300)), at: .seconds(20 + round))
      }
    }
    #expect((32...36).contains(limit.current))
  }

  @Test func `What ended for another reason says nothing, and an unused limit does not grow`() throws {
    var limit = AdaptiveLimit(.init(start: 10, minimum: 2, maximum: 20, goal: .seconds(1)))
    for _ in 0..<100 {
      for word in [AdaptiveLimit.Word.noEvidence, .came(after: .milliseconds(1))] {
        let ticket = limit.admit(at: .zero)
        limit.end(try #require(ticket), word, at: .seconds(9))
      }
    }
    #expect(limit.current == 10)
  }
}
