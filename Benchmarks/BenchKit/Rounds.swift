/// Several things measured in turn, round after round, so that whatever else the machine does meets all alike.
public enum Rounds {
  /// The median rate of each, in calls per second. A first round warms up and does not count.
  /// - Parameter works: do something `calls` times; what they return is only there so that it cannot be left out.
  public static func rates(rounds: Int, calls: Int, _ works: [(Int) throws -> Int]) throws -> [Double] {
    var rates = [[Double]](repeating: [], count: works.count)
    let clock = ContinuousClock()
    var sum = 0
    for round in 0...rounds {
      for (index, work) in works.enumerated() {
        let start = clock.now
        sum &+= try work(calls)
        let seconds = (clock.now - start) / .seconds(1)
        if round > 0 { rates[index].append(Double(calls) / seconds) }
      }
    }
    guard sum != .min else { throw BenchFailure("nothing was computed") }
    return rates.map { $0.sorted()[rounds / 2] }
  }
}
