import Foundation
import Testing

@testable import WalletSvc

@Suite("Whether custody differs from the chain")
struct CustodyWatchTests {
  static let start = Date(timeIntervalSince1970: 1_800_000_000)
  let policy = CustodyPolicy(equalReadings: 5, patience: 3_600)

  /// One reading a minute.
  func reading(_ minute: Int, in coinsIn: Int64, out coinsOut: Int64 = 0, chain: Int64, dust: Int64 = 0)
    -> CustodyReading
  {
    CustodyReading(
      coinsIn: coinsIn, coinsOut: coinsOut, chain: chain, dust: dust, block: Int64(minute),
      at: Self.start.addingTimeInterval(Double(minute) * 60))
  }

  func verdicts(_ readings: [CustodyReading], tolerance: Int64 = 0) -> [CustodyWatch.Verdict] {
    var watch = CustodyWatch(startedAt: Self.start)
    return readings.map { watch.take($0, policy, tolerance: tolerance) }
  }

  @Test("what is equal agrees at once, dust that is not booked yet included")
  func equal() {
    #expect(verdicts([reading(0, in: 110, out: 10, chain: 100)]) == [.agrees])
    #expect(verdicts([reading(0, in: 100, chain: 103, dust: 3)]) == [.agrees])
    #expect(verdicts([reading(0, in: 100, chain: 97)], tolerance: 3) == [.agrees])
    #expect(verdicts([reading(0, in: 100, chain: 96)], tolerance: 3) == [.undecided])
  }

  @Test("a difference is one when it stays the same and nothing is booked", arguments: [Int64(90), 107])
  func lasting(chain: Int64) {
    let found = verdicts((0..<7).map { reading($0, in: 100, chain: chain) })
    #expect(found == Array(repeating: .undecided, count: 5) + Array(repeating: .differs(by: chain - 100), count: 2))
  }

  @Test("a deposit that is booked after it was seen on the chain is no difference")
  func late() {
    #expect(
      verdicts([reading(0, in: 100, chain: 130), reading(1, in: 130, chain: 130)]) == [.undecided, .agrees])
    // And the chain has gone on already.
    #expect(
      verdicts([reading(0, in: 100, chain: 130), reading(1, in: 130, chain: 150), reading(2, in: 150, chain: 150)])
        == [.undecided, .undecided, .agrees])
  }

  @Test("money that never stops moving is no difference, when there was too much of it and too little")
  func busy() {
    let found = verdicts(
      (0..<62).map { reading($0, in: Int64($0) * 10, out: Int64($0) * 10, chain: $0 % 9 == 0 ? -7 : 7) })
    #expect(found == Array(repeating: .undecided, count: 60) + [.agrees, .agrees])
  }

  @Test("a sum that is gone is told after an hour, however much is booked between the readings", arguments: [
    Int64(7), -7,
  ])
  func hidden(sum: Int64) {
    // Something else is on its way in every other reading: the smallest is what is known.
    let found = verdicts(
      (0..<62).map { minute in
        let moved = Int64(minute) * 30
        return reading(minute, in: moved, out: moved, chain: sum * (minute % 2 == 0 ? 1 : 3))
      })
    #expect(found == Array(repeating: .undecided, count: 60) + Array(repeating: .unclear(atLeast: sum), count: 2))
  }

  @Test("a sum that goes while it is compared is told an hour later")
  func hiddenLater() {
    let found = verdicts(
      (0..<92).map { minute in
        let moved = Int64(minute) * 10
        return reading(minute, in: moved, out: moved, chain: minute < 30 ? 2 : -7)
      })
    #expect(found == Array(repeating: .undecided, count: 90) + Array(repeating: .unclear(atLeast: -7), count: 2))
  }

  @Test("what moving money does not explain is a difference after an hour")
  func missing() {
    let found = verdicts((0..<65).map { reading($0, in: Int64($0) * 10, chain: Int64($0) * 10 - 4) })
    #expect(!found.prefix(60).contains { $0 != .undecided })
    #expect(found.last == .differs(by: -4))
  }

  @Test("another difference each time, on both sides, is undecided")
  func wandering() {
    let found = verdicts((0..<59).map { reading($0, in: 100, chain: 100 + ($0 % 2 == 0 ? 3 : -3)) })
    #expect(!found.contains { $0 != .undecided })
  }

  @Test("a booking in between begins the count anew")
  func interrupted() {
    var readings = (0..<5).map { reading($0, in: 100, chain: 90) }
    readings += (5..<11).map { reading($0, in: 120, chain: 110) }
    let found = verdicts(readings)
    #expect(!found.prefix(10).contains { $0 != .undecided })
    #expect(found.last == .differs(by: -10))
  }

  @Test("coins that go out while something comes in explain what lies between", arguments: [
    (Int64(130), Int64(0)), (100, 0), (80, 0), (131, 1), (79, -1),
  ])
  func bothWays(chain: Int64, unexplained: Int64) {
    let before = reading(0, in: 100, chain: chain)
    #expect(before.unexplained(before: reading(1, in: 130, out: 20, chain: 110)) == unexplained)
  }

  @Test("sums at the edge of 64 bits do not trap")
  func edges() {
    let most = CustodyReading(coinsIn: .max, coinsOut: 0, chain: .min, dust: .max, block: 0, at: Self.start)
    #expect(most.difference == .min)
    var watch = CustodyWatch(startedAt: Self.start)
    #expect(watch.take(most, policy, tolerance: 0) == .undecided)
    #expect(watch.take(most, policy, tolerance: 0) == .undecided)
  }
}
