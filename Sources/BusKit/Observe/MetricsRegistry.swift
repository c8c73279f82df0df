import Foundation
import Synchronization

/// Counters, gauges and histograms of one process, written in Prometheus' text format.
///
/// Every name may have at most `seriesMax` label sets; more are folded into one with the label `overflow`, so that a
/// mistake in a label cannot eat the memory.
public final class MetricsRegistry: Sendable {
  public typealias Labels = [(String, String)]
  static let seriesMax = 1000

  enum Kind: String { case counter, gauge, histogram }
  /// Labels as they are looked up: names and values in turn.
  private typealias Key = [String]

  private struct Family {
    let kind: Kind
    var series: [Key: MetricSeries] = [:]
  }

  private let families = Mutex<[String: Family]>([:])

  public init() {}

  /// What only grows. Keep it where it is used often: finding it costs more than counting.
  public struct Counter: Sendable {
    fileprivate let series: MetricSeries
    /// Adds to it; safe from any thread.
    public func increment(by amount: Int = 1) { series.add(Double(amount)) }
  }

  /// What goes up and down.
  public struct Gauge: Sendable {
    fileprivate let series: MetricSeries
    /// Its value from here on.
    public func set(_ value: Double) { series.set(value) }
    /// Changes it by this.
    public func add(_ amount: Double) { series.add(amount) }
  }

  /// How values are distributed over buckets.
  public struct Histogram: Sendable {
    fileprivate let series: MetricSeries

    /// Counts a value.
    /// - Parameter times: how many of it.
    public func observe(_ value: Double, times: Int = 1) { series.observe(value, times: times) }
  }

  /// The counter of this name and these labels; the same one each time.
  public func counter(_ name: String, labels: Labels = []) -> Counter {
    Counter(series: series(name, labels, .counter))
  }
  /// The gauge of this name and these labels; the same one each time, until `clear`.
  public func gauge(_ name: String, labels: Labels = []) -> Gauge {
    Gauge(series: series(name, labels, .gauge))
  }
  /// The histogram of this name and these labels; the same one each time.
  public func histogram(
    _ name: String, labels: Labels = [], buckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  ) -> Histogram {
    Histogram(series: series(name, labels, .histogram, buckets: buckets))
  }

  /// Forgets every series of a gauge, before it is filled anew. One that was kept is not shown any more.
  public func clear(_ name: String) { families.withLock { $0[name]?.series = [:] } }

  /// The text that Prometheus scrapes.
  public func render() -> String {
    families.withLock { families in
      families.sorted { $0.key < $1.key }.map { name, family in
        "# TYPE \(name) \(family.kind.rawValue)\n"
          + family.series.values.sorted { $0.labels < $1.labels }.map { Self.lines(name, $0, family.kind) }.joined()
      }.joined()
    }
  }

  private func series(_ name: String, _ labels: Labels, _ kind: Kind, buckets: [Double] = []) -> MetricSeries {
    let key = labels.flatMap { [$0.0, $0.1] }
    return families.withLock { families in
      // Looked up in place: a copy of the family would copy all its series.
      if let known = families[name]?.series[key] { return known }
      let isFull = (families[name]?.series.count ?? 0) >= Self.seriesMax
      let overflow = ["overflow", "true"]
      if isFull, let folded = families[name]?.series[overflow] { return folded }
      let new = MetricSeries(Self.text(isFull ? [("overflow", "true")] : labels), buckets: buckets)
      families[name, default: Family(kind: kind)].series[isFull ? overflow : key] = new
      return new
    }
  }

  private static let escapes = Array("\\\"\n".utf8)

  private static func text(_ labels: Labels) -> String {
    labels.map { name, value in
      guard value.utf8.contains(where: escapes.contains) else { return "\(name)=\"\(value)\"" }
      let escaped = value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        .replacingOccurrences(of: "\n", with: "\\n")
      return "\(name)=\"\(escaped)\""
    }.joined(separator: ",")
  }

  private static func lines(_ name: String, _ series: MetricSeries, _ kind: Kind) -> String {
    func line(_ suffix: String, _ extra: String, _ value: Double) -> String {
      let all = [series.labels, extra].filter { !$0.isEmpty }.joined(separator: ",")
      let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
      return "\(name)\(suffix)\(all.isEmpty ? "" : "{\(all)}") \(number)\n"
    }
    guard kind == .histogram else { return line("", "", series.value) }
    let (counts, count, sum) = series.distribution
    let buckets = zip(series.buckets, counts).map { line("_bucket", "le=\"\($0)\"", Double($1)) }.joined()
    return buckets + line("_bucket", "le=\"+Inf\"", Double(count)) + line("_sum", "", sum)
      + line("_count", "", Double(count))
  }
}

/// One set of labels of a metric. Changing it waits for nobody but a histogram's own reader.
private final class MetricSeries: Sendable {
  /// As Prometheus reads them.
  let labels: String
  let buckets: [Double]
  /// A `Double`, by its bits.
  private let bits = Atomic<UInt64>(0)
  private let observed: Mutex<(counts: [Int], count: Int, sum: Double)>

  init(_ labels: String, buckets: [Double]) {
    self.labels = labels
    self.buckets = buckets
    observed = Mutex((Array(repeating: 0, count: buckets.count), 0, 0))
  }

  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
  var distribution: (counts: [Int], count: Int, sum: Double) { observed.withLock { $0 } }

  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ amount: Double) {
    var before = bits.load(ordering: .relaxed)
    while true {
      let after = (Double(bitPattern: before) + amount).bitPattern
      let (isDone, now) = bits.weakCompareExchange(expected: before, desired: after, ordering: .relaxed)
      if isDone { return }
      before = now
    }
  }

  func observe(_ value: Double, times: Int) {
    observed.withLock { observed in
      for (index, bound) in buckets.enumerated() where value <= bound { observed.counts[index] += times }
      observed.count += times
      observed.sum += value * Double(times)
    }
  }
}
