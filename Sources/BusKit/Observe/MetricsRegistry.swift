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
  struct Series {
    var value = 0.0
    var buckets: [Double] = []
    var counts: [Int] = []
    var count = 0
  }
  struct Family {
    let kind: Kind
    var series: [String: Series] = [:]
  }

  private let families = Mutex<[String: Family]>([:])

  public init() {}

  /// What only grows.
  public struct Counter: Sendable {
    let registry: MetricsRegistry, name: String, labels: String
    /// Adds to it; safe from any thread.
    public func increment(by amount: Int = 1) {
      registry.update(name, labels, .counter) { $0.value += Double(amount) }
    }
  }

  /// What goes up and down.
  public struct Gauge: Sendable {
    let registry: MetricsRegistry, name: String, labels: String
    /// Its value from here on.
    public func set(_ value: Double) { registry.update(name, labels, .gauge) { $0.value = value } }
    /// Changes it by this.
    public func add(_ amount: Double) { registry.update(name, labels, .gauge) { $0.value += amount } }
  }

  /// How values are distributed over buckets.
  public struct Histogram: Sendable {
    let registry: MetricsRegistry, name: String, labels: String, buckets: [Double]
    /// Counts a value.
    /// - Parameter times: how many of it.
    public func observe(_ value: Double, times: Int = 1) {
      registry.update(name, labels, .histogram) { series in
        if series.buckets.isEmpty {
          series.buckets = buckets
          series.counts = Array(repeating: 0, count: buckets.count)
        }
        for (index, bound) in series.buckets.enumerated() where value <= bound { series.counts[index] += times }
        series.count += times
        series.value += value * Double(times)
      }
    }
  }

  /// The counter of this name and these labels; the same one each time.
  public func counter(_ name: String, labels: Labels = []) -> Counter {
    Counter(registry: self, name: name, labels: Self.text(labels))
  }
  /// The gauge of this name and these labels; the same one each time.
  public func gauge(_ name: String, labels: Labels = []) -> Gauge {
    Gauge(registry: self, name: name, labels: Self.text(labels))
  }
  /// The histogram of this name and these labels; the same one each time.
  public func histogram(
    _ name: String, labels: Labels = [], buckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  ) -> Histogram {
    Histogram(registry: self, name: name, labels: Self.text(labels), buckets: buckets)
  }

  /// Forgets every series of a gauge, before it is filled anew.
  public func clear(_ name: String) { families.withLock { $0[name]?.series = [:] } }

  /// The text that Prometheus scrapes.
  public func render() -> String {
    families.withLock { families in
      families.sorted { $0.key < $1.key }.map { name, family in
        "# TYPE \(name) \(family.kind.rawValue)\n"
          + family.series.sorted { $0.key < $1.key }.map { Self.lines(name, $0.key, $0.value, family.kind) }.joined()
      }.joined()
    }
  }

  private func update(_ name: String, _ labels: String, _ kind: Kind, _ change: (inout Series) -> Void) {
    families.withLock { families in
      // Looked up in place: a copy of the family would copy all its series.
      let known = families[name]?.series
      let isFull = known.map { $0[labels] == nil && $0.count >= Self.seriesMax } ?? false
      change(
        &families[name, default: Family(kind: kind)].series[isFull ? "overflow=\"true\"" : labels, default: Series()])
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

  private static func lines(_ name: String, _ labels: String, _ series: Series, _ kind: Kind) -> String {
    func line(_ suffix: String, _ extra: String, _ value: Double) -> String {
      let all = [labels, extra].filter { !$0.isEmpty }.joined(separator: ",")
      let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
      return "\(name)\(suffix)\(all.isEmpty ? "" : "{\(all)}") \(number)\n"
    }
    guard kind == .histogram else { return line("", "", series.value) }
    let buckets = zip(series.buckets, series.counts).map { line("_bucket", "le=\"\($0)\"", Double($1)) }.joined()
    return buckets + line("_bucket", "le=\"+Inf\"", Double(series.count)) + line("_sum", "", series.value)
      + line("_count", "", Double(series.count))
  }
}
