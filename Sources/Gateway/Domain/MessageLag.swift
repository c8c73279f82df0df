/// How far the bot's messages are behind what was asked for. The least age of those that begin within a second counts:
/// one chat that waits for itself says nothing about the others.
struct MessageLag: Sendable, Equatable {
  private static let window = Duration.seconds(1)
  /// What was seen counts for so long.
  private static let memory = Duration.seconds(3)

  /// Fewer within a second tell nothing.
  let countMin: Int
  private var begin = Duration.zero
  private var count = 0
  private var least: Duration?
  private var seen = Duration.zero
  private var seenAt = Duration.zero

  /// - Parameter perSecond: how many messages go out in a second when they queue.
  init(perSecond: Double) { countMin = max(1, min(8, Int(perSecond / 4))) }

  /// - Parameters:
  ///   - age: of a message that begins: since it was asked for.
  ///   - now: time since any fixed instant.
  mutating func note(age: Duration, at now: Duration) {
    if now - begin >= Self.window {
      seen = count >= countMin ? least ?? .zero : .zero
      seenAt = begin + Self.window
      begin = now
      count = 0
      least = nil
    }
    count += 1
    least = min(least ?? age, age)
  }

  func lag(at now: Duration) -> Duration { now - seenAt <= Self.memory ? seen : .zero }
}
