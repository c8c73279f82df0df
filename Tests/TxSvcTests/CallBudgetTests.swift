import TestKit
import Testing

@testable import TronKit
@testable import TxSvc

@Suite("The calls of a day")
struct CallBudgetTests {
  /// A chain and a follower in milliseconds of a day: blocks become visible at a node some time after their
  /// timestamp, now and then a slot is missed, and each call takes its time.
  struct Day {
    var blocks = 0
    var calls = 0
    /// Of them, the comparisons of the nodes' heads.
    var headCalls = 0
    var lags: [Int64] = []
  }

  /// A pool of three nodes as it is asked by the follower's reads, which the first one answers.
  struct Nodes {
    /// All day long the last one is behind by this much.
    var lagMs: Int64 = 0
    /// The last one fails every second comparison.
    var isFlapping = false
    private var health = NodeHealth(count: 3)

    init(lagMs: Int64 = 0, isFlapping: Bool = false) {
      self.lagMs = lagMs
      self.isFlapping = isFlapping
    }

    /// - Returns: how many calls a read at this time adds.
    mutating func compare(at now: Int64, head: ChainPoint) -> Int {
      let now = Duration.milliseconds(now)
      let due = health.headsDue(now: now, interval: TronNodePool.headInterval)
      var heads: [Int: ChainPoint] = [:]
      for index in due {
        let behind = index == 2 ? lagMs : 0
        heads[index] = ChainPoint(number: head.number - behind / 3_000, timestamp: head.timestamp - behind)
      }
      health.compared(heads, now: now)
      if isFlapping, due.contains(2) {
        if health.nodes[2].failures == 0 { health.failed(2, now: now) } else { health.succeeded(2) }
      }
      return due.count
    }

    mutating func saw(_ block: ChainPoint, at now: Int64) {
      health.sawBlock(0, block, now: .milliseconds(now))
    }
  }

  /// - Parameters:
  ///   - standstill: the chain makes no block in this time.
  ///   - frozen: the follower does nothing in this time.
  private func day(
    isWatching: Bool, seed: UInt64, nodes: Nodes = Nodes(), standstill: Range<Int64>? = nil,
    frozen: Range<Int64>? = nil
  ) -> Day {
    var random = SeededGenerator(seed: seed)
    var births: [(timestamp: Int64, visible: Int64)] = []
    for slot in stride(from: Int64(0), to: CallBudget.dayMs, by: 3_000) {
      guard Int64.random(in: 0..<1_000, using: &random) > 0, standstill?.contains(slot) != true else { continue }
      births.append((slot, slot + Int64.random(in: 100...600, using: &random)))
    }
    var day = Day()
    var nodes = nodes
    var head = ChainPoint(number: 0, timestamp: 0)
    var pace = FollowPace()
    var now: Int64 = 0
    var solidDue: Int64 = 0
    var scanned = 0
    while now < CallBudget.dayMs, day.blocks < births.count {
      if let frozen, frozen.contains(now) { now = frozen.upperBound }
      let asked = now
      let headCalls = nodes.compare(at: now, head: head)
      day.headCalls += headCalls
      day.calls += headCalls
      now += Int64.random(in: 40...150, using: &random)
      day.calls += 1 + (pace.isStalled ? 1 : 0)
      let next = births[day.blocks]
      if next.visible <= now {
        day.lags.append(now - next.visible)
        let before = day.blocks == 0 ? 0 : births[day.blocks - 1].timestamp
        head = ChainPoint(number: Int64(day.blocks), timestamp: next.timestamp)
        nodes.saw(head, at: now)
        pace.found(distanceMs: next.timestamp - before, ageMs: asked - next.timestamp)
        day.blocks += 1
      } else {
        pace.missed()
      }
      if solidDue <= now {
        solidDue = now + pace.solidWait.milliseconds
        now += 50
        day.calls += 1
        let solid = max(scanned, day.blocks - 19)
        if isWatching { day.calls += solid - scanned }
        scanned = solid
      }
      now = max(now, asked + pace.wait(isBehind: false).milliseconds)
    }
    return day
  }

  @Test("following a day of mainnet with all receipts and three nodes stays within the budget, and close to the head")
  func wholeDay() {
    for seed in UInt64(1)...3 {
      let day = day(isWatching: true, seed: seed)
      #expect(day.blocks > 28_700)
      #expect((1_400...1_500).contains(day.headCalls), "\(day.headCalls) calls compare heads")
      #expect(Int64(day.calls) <= CallBudget.perDay - CallBudget.dayMs / 3_000 / RecordComparison.blocksPerCall)
      let sorted = day.lags.sorted()
      #expect(sorted[sorted.count / 2] < 700, "median lag in ms")
      #expect(sorted[sorted.count * 99 / 100] < 1_500, "lag of the 99th of 100 in ms")
    }
  }

  @Test(
    "a node that lags or fails all day costs no more than the budget",
    arguments: [Nodes(lagMs: 60_000), Nodes(isFlapping: true)])
  func aBadNode(nodes: Nodes) {
    let day = day(isWatching: true, seed: 7, nodes: nodes)
    #expect(day.headCalls > 1_500)
    #expect(Int64(day.calls) <= CallBudget.perDay - CallBudget.dayMs / 3_000 / RecordComparison.blocksPerCall)
  }

  @Test("with nothing watched it is about a call for each block and the solid heads")
  func nothingWatched() {
    #expect(day(isWatching: false, seed: 4).calls < 43_500)
  }

  @Test("neither a chain that stands still for hours nor a follower that slept costs more than the budget")
  func badDays() {
    let still = day(isWatching: true, seed: 5, standstill: 10_000_000..<40_000_000)
    #expect(Int64(still.calls) <= CallBudget.perDay)
    let slept = day(isWatching: true, seed: 6, frozen: 10_000_000..<20_000_000)
    #expect(Int64(slept.calls) <= CallBudget.perDay)
    #expect(slept.blocks > 28_700)
  }

  @Test("work that can wait gets what following does not need until midnight")
  func spare() {
    let morning = CallBudget(used: 0, msLeft: CallBudget.dayMs, intervalMs: 3_000, isWatching: true)
    #expect(morning.reserved == 28_800 + 2_880 + 28_800 + 9_600 + 1_440)
    #expect(morning.spare == 75_000 - 71_520)
    let evening = CallBudget(used: 70_000, msLeft: 3_600_000, intervalMs: 3_000, isWatching: true)
    #expect(evening.spare == 75_000 - 70_000 - (1_200 + 120 + 1_200 + 400 + 60))
    #expect(CallBudget(used: 74_000, msLeft: CallBudget.dayMs / 2, intervalMs: 3_000, isWatching: true).spare == 0)
    #expect(CallBudget(used: 0, msLeft: CallBudget.dayMs, intervalMs: 100, isWatching: true).spare > 100_000)
  }
}
