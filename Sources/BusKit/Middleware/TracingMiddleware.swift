import Foundation
import Synchronization
import Tracing

/// A span for each message, effect and question: its parent is the one that the message carries, and what the work
/// publishes carries the span. Spans go to the tracer of swift-distributed-tracing; without one the ids are our own, so
/// that a trace can be followed through the logs all the same.
public struct TracingMiddleware: Middleware {
  /// Found at the first work: to ask for it takes a lock and a search.
  private final class Found: Sendable {
    private let tracer: Mutex<(any Tracer)??>

    init(_ given: (any Tracer)?) { tracer = Mutex(given.map { Optional.some($0) }) }

    /// nil: nobody takes spans.
    var ofProcess: (any Tracer)? {
      tracer.withLock { tracer in
        if let known = tracer { return known }
        let found = InstrumentationSystem.tracer
        let usable: (any Tracer)? = found is NoOpTracer ? nil : found
        tracer = .some(usable)
        return usable
      }
    }
  }

  private let tracer: Found

  /// - Parameter tracer: nil: the one that the process has been bootstrapped with before its first work, if any.
  public init(tracer: (any Tracer)? = nil) { self.tracer = Found(tracer) }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    var work = work
    guard let tracer = tracer.ofProcess else {
      for index in work.envelopes.indices { work.envelopes[index].traceparent = own(work.envelopes[index].traceparent) }
      return try await within(work, next)
    }
    let spans = work.envelopes.indices.map { index in begin(&work.envelopes[index], work, tracer) }
    defer { for span in spans { span.end() } }
    do {
      try await within(work, next)
    } catch {
      for span in spans { span.recordError(error) }
      throw error
    }
  }

  /// A batch has a trace for each message; what an effect or an answer does has its own.
  private func within(_ work: Work, _ next: @Sendable (Work) async throws -> Void) async throws {
    guard work.kind != .batch else { return try await next(work) }
    try await TraceContext.$current.withValue(work.envelopes.first?.traceparent) { try await next(work) }
  }

  private func own(_ traceparent: String) -> String {
    (TraceContext(traceparent: traceparent)?.child() ?? .root()).traceparent
  }

  private func begin(_ envelope: inout Envelope, _ work: Work, _ tracer: any Tracer) -> any Span {
    var context = ServiceContext.topLevel
    tracer.extract(envelope, into: &context, using: EnvelopeCarrier())
    let name = envelope.type.isEmpty ? work.name : envelope.type
    let span = tracer.startAnySpan("\(name) \(work.kind.rawValue)", context: context, ofKind: .consumer)
    span.attributes["messaging.system"] = "buskit"
    span.attributes["messaging.destination.name"] = work.name
    span.attributes["messaging.message.id"] = envelope.id.text
    span.attributes["messaging.message.conversation_id"] = envelope.correlation
    tracer.inject(span.context, into: &envelope, using: EnvelopeCarrier())
    return span
  }
}

/// W3C trace context of an envelope. `tracestate` does not cross the bus.
private struct EnvelopeCarrier: Extractor, Injector {
  func extract(key: String, from envelope: Envelope) -> String? {
    key.lowercased() == "traceparent" && !envelope.traceparent.isEmpty ? envelope.traceparent : nil
  }

  func inject(_ value: String, forKey key: String, into envelope: inout Envelope) {
    if key.lowercased() == "traceparent" { envelope.traceparent = value }
  }
}
