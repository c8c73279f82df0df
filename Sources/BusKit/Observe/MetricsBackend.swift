import CoreMetrics
import Synchronization

/// Lets whatever reports through swift-metrics (Hummingbird's requests, say) appear in the same `/metrics` as our own.
///
/// swift-metrics has one backend for the life of a process: of several services in one process the first is it.
struct MetricsBackend: MetricsFactory {
  let registry: MetricsRegistry

  private static let isInstalled = Mutex(false)

  /// Makes this registry the process' backend, unless another already is.
  static func install(_ registry: MetricsRegistry) {
    let isFirst = isInstalled.withLock { isInstalled in
      defer { isInstalled = true }
      return !isInstalled
    }
    if isFirst { MetricsSystem.bootstrap(MetricsBackend(registry: registry)) }
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    Counter(registry.counter(Self.name(label) + "_total", labels: Self.labels(dimensions)))
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    Meter(registry.gauge(Self.name(label), labels: Self.labels(dimensions)))
  }

  /// An aggregate recorder is a histogram; one that is not keeps its last value.
  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    let (name, labels) = (Self.name(label), Self.labels(dimensions))
    return aggregate
      ? Recorder { [histogram = registry.histogram(name, labels: labels)] in histogram.observe($0) }
      : Recorder { [gauge = registry.gauge(name, labels: labels)] in gauge.set($0) }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    Timer(registry.histogram(Self.name(label) + "_seconds", labels: Self.labels(dimensions)))
  }

  // Series live as long as the process: a counter that a library lets go must not start again at zero.
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  /// Prometheus' names hold letters, digits and underscores only: `hb.requests` becomes `hb_requests`.
  static func name(_ label: String) -> String {
    let name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return name.first?.isNumber == true ? "_" + name : name
  }

  private static func labels(_ dimensions: [(String, String)]) -> MetricsRegistry.Labels {
    dimensions.map { (name($0.0), $0.1) }
  }

  private final class Counter: CounterHandler {
    private let counter: MetricsRegistry.Counter
    init(_ counter: MetricsRegistry.Counter) { self.counter = counter }
    func increment(by amount: Int64) { counter.increment(by: Int(amount)) }
    func reset() {}  // Prometheus' counters only grow.
  }

  private final class Meter: MeterHandler {
    private let gauge: MetricsRegistry.Gauge
    private let value: Mutex<Double> = Mutex(0)
    init(_ gauge: MetricsRegistry.Gauge) { self.gauge = gauge }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { change { $0 = value } }
    func increment(by amount: Double) { change { $0 += amount } }
    func decrement(by amount: Double) { change { $0 -= amount } }
    private func change(_ change: (inout Double) -> Void) {
      value.withLock { value in
        change(&value)
        gauge.set(value)
      }
    }
  }

  private final class Recorder: RecorderHandler {
    private let observe: @Sendable (Double) -> Void
    init(_ observe: @escaping @Sendable (Double) -> Void) { self.observe = observe }
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
  }

  private final class Timer: TimerHandler {
    private let histogram: MetricsRegistry.Histogram
    init(_ histogram: MetricsRegistry.Histogram) { self.histogram = histogram }
    func recordNanoseconds(_ duration: Int64) { histogram.observe(Double(duration) / 1_000_000_000) }
  }
}
