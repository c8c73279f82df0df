/// Something done around every piece of work of a service: measuring, tracing, limiting, rehearsing failure.
///
/// A middleware sees work as it begins and ends; it may change what the work carries (`next` takes it), refuse it by
/// throwing, or run it twice. It runs outside the transaction: what it throws after `next` has returned is thrown after
/// the commit, as a crash at that moment would be, and the inbox absorbs the repetition.
public protocol Middleware: Sendable {
  func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws
}

/// What a service does at a time.
public struct Work: Sendable {
  /// What sort of work it is.
  public enum Kind: String, Sendable {
    /// Messages of one topic, in one transaction.
    case batch
    /// One run of an effect.
    case effect
    /// The answer to one question.
    case query
  }

  /// What sort of work it is.
  public let kind: Kind
  /// The service that does it.
  public let service: String
  /// The topic of a batch, the kind of an effect, the type of a question.
  public let name: String
  /// The messages of a batch, the question; an effect has the message that caused it, without its body.
  public var envelopes: [Envelope]

  public init(kind: Kind, service: String, name: String, envelopes: [Envelope]) {
    self.kind = kind
    self.service = service
    self.name = name
    self.envelopes = envelopes
  }
}

/// Middleware in order, the first outermost.
struct MiddlewareChain: Sendable {
  let list: [any Middleware]

  func run<T: Sendable>(_ work: Work, _ body: @escaping @Sendable (Work) async throws -> T) async throws -> T {
    guard !list.isEmpty else { return try await body(work) }
    let result = LastResult<T>()
    try await step(work, list[...]) { result.set(try await body($0)) }
    return try result.get(work)
  }

  private func step(
    _ work: Work, _ rest: ArraySlice<any Middleware>, _ body: @escaping @Sendable (Work) async throws -> Void
  ) async throws {
    guard let first = rest.first else { return try await body(work) }
    try await first.run(work) { try await step($0, rest.dropFirst(), body) }
  }
}
