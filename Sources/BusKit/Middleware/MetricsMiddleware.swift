/// How long work takes and how much of it runs: `energy_bus_work_seconds`, `energy_bus_work_running`.
public struct MetricsMiddleware: Middleware {
  private let metrics: MetricsRegistry

  public init(_ metrics: MetricsRegistry) { self.metrics = metrics }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    let labels: MetricsRegistry.Labels = [("kind", work.kind.rawValue), ("name", work.name)]
    let running = metrics.gauge("energy_bus_work_running", labels: labels)
    let start = ContinuousClock.now
    running.add(1)
    defer {
      running.add(-1)
      metrics.histogram("energy_bus_work_seconds", labels: labels).observe((ContinuousClock.now - start).seconds)
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
