import TestKit
import Testing

@testable import Gateway

@Suite struct MessageLagTests {
  /// A second of messages, each of this age.
  private func second(_ ages: [Duration], from begin: Duration, _ lag: inout MessageLag) {
    for (index, age) in ages.enumerated() {
      lag.note(age: age, at: begin + .milliseconds(index * 1000 / ages.count))
    }
  }

  @Test func `The least age of a second's messages counts`() {
    var lag = MessageLag(perSecond: 30)
    second(Array(repeating: .seconds(4), count: 30), from: .seconds(10), &lag)
    second(Array(repeating: .seconds(5), count: 30), from: .seconds(11), &lag)
    #expect(lag.lag(at: .seconds(11)) == .seconds(4))
    second([.seconds(40), .milliseconds(20)] + Array(repeating: .seconds(40), count: 20), from: .seconds(12), &lag)
    #expect(lag.lag(at: .seconds(12)) == .seconds(5))
    lag.note(age: .seconds(9), at: .seconds(13))
    #expect(lag.lag(at: .seconds(13)) == .milliseconds(20))
  }

  @Test func `A few slow chats are no lag, and what was seen is forgotten`() {
    var lag = MessageLag(perSecond: 30)
    second(Array(repeating: .seconds(60), count: 6), from: .seconds(1), &lag)
    second(Array(repeating: .seconds(60), count: 7), from: .seconds(2), &lag)
    #expect(lag.lag(at: .seconds(2)) == .zero)
    lag.note(age: .zero, at: .seconds(3))
    #expect(lag.lag(at: .seconds(3)) == .seconds(60))
    #expect(lag.lag(at: .seconds(7)) == .zero)
    second(Array(repeating: .seconds(60), count: 20), from: .seconds(10), &lag)
    lag.note(age: .zero, at: .seconds(1_800))
    #expect(lag.lag(at: .seconds(1_800)) == .zero)
  }

  @Test func `Where few messages are allowed fewer tell`() {
    var lag = MessageLag(perSecond: 1)
    lag.note(age: .seconds(8), at: .seconds(5))
    lag.note(age: .seconds(8), at: .seconds(6))
    #expect(lag.lag(at: .seconds(6)) == .seconds(8))
  }
}
