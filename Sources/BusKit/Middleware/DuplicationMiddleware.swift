/// Runs a share of the work twice, for rehearsal, as a broker does that delivers twice.
public final class DuplicationMiddleware: Middleware {
  private let share: Double
  private let random: SeededRandom

  /// - Parameters:
  ///   - share: of all work, from 0 to 1.
  ///   - seed: the same seed draws the same numbers.
  public init(share: Double, seed: UInt64) {
    self.share = min(1, max(0, share))
    random = SeededRandom(seed)
  }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    try await next(work)
    if random.nextUnit() < share { try await next(work) }
  }
}
