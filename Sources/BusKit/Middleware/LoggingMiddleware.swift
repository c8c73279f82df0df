import Logging

/// One line for each piece of work that failed, and for each that succeeded at level `debug`, with its trace.
public struct LoggingMiddleware: Middleware {
  private let logger: Logger

  public init(_ logger: Logger) { self.logger = logger }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    let start = ContinuousClock.now
    do {
      try await next(work)
    } catch {
      logger.info("work failed", metadata: metadata(work, start).merging(["error": "\(error)"]) { $1 })
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
