import Synchronization

/// How long work takes and how much of it runs: `energy_bus_work_seconds`, `energy_bus_work_running`.
public struct MetricsMiddleware: Middleware {
  private struct Kept: Sendable {
    let running: MetricsRegistry.Gauge
    let seconds: MetricsRegistry.Histogram
  }

  /// Of each kind and name of work, found once: they are used for every piece of it.
  private final class Found: Sendable {
    let metrics: MetricsRegistry
    let kept = Mutex<[Work.Kind: [String: Kept]]>([:])

    init(_ metrics: MetricsRegistry) { self.metrics = metrics }

    func of(_ work: Work) -> Kept {
      kept.withLock { kept in
        if let known = kept[work.kind]?[work.name] { return known }
        let labels: MetricsRegistry.Labels = [("kind", work.kind.rawValue), ("name", work.name)]
        let found = Kept(
          running: metrics.gauge("energy_bus_work_running", labels: labels),
          seconds: metrics.histogram("energy_bus_work_seconds", labels: labels))
        // A name that comes from outside must not eat the memory; the registry folds what is too much.
        if kept[work.kind, default: [:]].count < MetricsRegistry.seriesMax {
          kept[work.kind, default: [:]][work.name] = found
        }
        return found
      }
    }
  }

  private let found: Found

  public init(_ metrics: MetricsRegistry) { found = Found(metrics) }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    let metrics = found.of(work)
    let start = ContinuousClock.now
    metrics.running.add(1)
    defer {
      metrics.running.add(-1)
      metrics.seconds.observe((ContinuousClock.now - start).seconds)
    }
    try await next(work)
  }
}

extension Duration {
  /// With its fraction.
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
