import Testing

@testable import BusKit

struct RepeatedTroubleTests {
  private let start = ContinuousClock.now

  @Test func ofOneConditionOneLineIsTakenEveryFiveSecondsWithHowManyWereLeftOut() {
    var pace = TroublePace()
    let burst = (0...500).map { pace.note("a", at: start + .milliseconds($0 * 8)) }
    #expect(burst.compactMap { $0 } == [0])
    let later = [5, 20].map { pace.note("a", at: start + .seconds($0)) }
    #expect(later == [500, 0])
  }

  @Test func conditionsAreToldApart() {
    var pace = TroublePace()
    let told = ["a", "b", "a"].map { pace.note($0, at: start) }
    #expect(told == [0, 0, nil])
  }

  @Test func conditionsWithoutEndTakeNoMemoryWithoutEnd() {
    var pace = TroublePace()
    let told = (0..<5_000).map { pace.note("\($0)", at: start) }
    #expect(!told.contains(nil))
    // Forgotten on the way, and so told again.
    let again = pace.note("0", at: start)
    #expect(again == 0)
  }
}
