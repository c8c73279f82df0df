import Logging

/// A line for work that failed, at level `debug` for each piece and for each that succeeded, with its trace. Work of
/// one name that keeps failing in the same way is told every few seconds.
public struct LoggingMiddleware: Middleware {
  private let logger: Logger
  private let trouble: RepeatedTrouble

  public init(_ logger: Logger) {
    self.logger = logger
    trouble = RepeatedTrouble(logger)
  }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    let start = ContinuousClock.now
    do {
      try await next(work)
    } catch {
      trouble.log(
        .info, "work failed", of: "\(work.kind.rawValue) \(work.name) \(RepeatedTrouble.kind(error))",
        metadata(work, start).merging(["error": "\(error)"]) { $1 })
      throw error
    }
    if logger.logLevel <= .debug { logger.debug("work done", metadata: metadata(work, start)) }
  }

  private func metadata(_ work: Work, _ start: ContinuousClock.Instant) -> Logger.Metadata {
    var metadata: Logger.Metadata = [
      "kind": "\(work.kind.rawValue)", "name": "\(work.name)", "messages": "\(work.envelopes.count)",
      "milliseconds": "\((ContinuousClock.now - start).milliseconds)",
    ]
    if let envelope = work.envelopes.first {
      metadata["correlation"] = "\(envelope.correlation)"
      if let trace = TraceContext(traceparent: envelope.traceparent) { metadata["trace"] = "\(trace.traceID)" }
    }
    return metadata
  }
}
