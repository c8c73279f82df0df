import Testing

@testable import Postgres

@Suite struct ConnectPaceTests {
  private let start = ContinuousClock.now

  @Test func `While nothing has failed everybody may connect`() {
    var pace = ConnectPace()
    let admitted = (0..<10).map { _ in pace.admits(start) }
    #expect(!admitted.contains(false))
  }

  @Test func `After a failure one tries at a time, and nobody before the pause is over`() {
    var pace = ConnectPace()
    pace.failed(start, random: 0.999)
    let admitted = [40, 50, 5_000].map { pace.admits(start + .milliseconds($0)) }
    #expect(admitted == [false, true, false])
    pace.succeeded()
    let after = (0..<2).map { _ in pace.admits(start) }
    #expect(after == [true, true])
  }

  @Test func `Failures at the same moment count once`() {
    var pace = ConnectPace()
    for _ in 0..<6 { pace.failed(start, random: 0.999) }
    let isAdmitted = pace.admits(start + .milliseconds(50))
    #expect(isAdmitted)
  }

  @Test func `Eight seconds without a server take at most twenty tries, the last pauses at most a second each`() {
    var pace = ConnectPace()
    pace.failed(start, random: 0)
    var tries: [Int] = []
    for step in stride(from: 0, to: 8_000, by: 5) where pace.admits(start + .milliseconds(step)) {
      tries.append(step)
      pace.failed(start + .milliseconds(step), random: Double(step % 7) / 7)
    }
    #expect(tries.count > 8 && tries.count <= 20)
    #expect(zip(tries, tries.dropFirst()).allSatisfy { $1 - $0 <= 1_005 })
  }
}
