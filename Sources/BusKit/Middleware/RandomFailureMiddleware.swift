/// Makes a share of the work fail, for rehearsal: half of the failures before the work, half after it, when everything
/// it did stands and only its confirmation is lost.
public final class RandomFailureMiddleware: Middleware {
  /// A failure that is made up.
  public struct Rehearsed: Error, CustomStringConvertible {
    public let description: String
  }

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
    let drawn = random.nextUnit()
    if drawn < share / 2 { throw Rehearsed(description: "rehearsal: \(work.kind.rawValue) \(work.name) fails before") }
    try await next(work)
    if drawn < share { throw Rehearsed(description: "rehearsal: \(work.kind.rawValue) \(work.name) fails after") }
  }
}
