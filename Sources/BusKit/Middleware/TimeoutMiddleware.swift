/// Ends effects and answers that take too long with a `TransientFailure`. A batch is left alone: its transaction has
/// limits of its own (`BusTiming.handlerMax`), and cannot be torn.
public struct TimeoutMiddleware: Middleware {
  private let limit: Duration

  public init(_ limit: Duration) { self.limit = limit }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    guard work.kind != .batch else { return try await next(work) }
    try await withoutActuallyEscaping(next) { next in
      try await withTimeout(limit) { try await next(work) }
    }
  }
}
