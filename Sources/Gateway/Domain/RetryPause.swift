import BusKit
import Foundation

/// What `Retry-After` tells those who are turned away: spread, so that they do not come back in one wave, and the
/// longer the more there are, so that coming back is not a load of its own. A value: time and chance are passed in.
struct RetryPause: Sendable, Equatable {
  /// Attempts a second that those who wait may cause together.
  private static let attemptsPerSecond = 10.0
  private static let secondsMin = 2.0
  private static let secondsMax = 15.0
  /// Over how many seconds the rate is averaged.
  private static let window = 2.0

  private var perSecond = 0.0
  private var last = Duration.zero

  /// Notes that somebody is turned away.
  /// - Parameter random: 0 ..< 1.
  /// - Returns: the seconds after which to come back.
  mutating func turnAway(at now: Duration, random: Double) -> Int {
    perSecond = perSecond * exp(-max(0, (now - last).timeInterval) / Self.window) + 1 / Self.window
    last = max(last, now)
    let mean = min(max(perSecond / Self.attemptsPerSecond, Self.secondsMin), Self.secondsMax)
    return Int((mean * (0.5 + random)).rounded(.up))
  }
}
