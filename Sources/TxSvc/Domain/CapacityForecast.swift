import Foundation
import TronKit

/// What one wallet can lend now and later, if nothing new is lent. Spent energy recovers linearly within 24 h, and
/// what a customer spent moves back with the reclaim: it is not free before it has recovered.
struct CapacityForecast: Sendable, Equatable {
  /// java-tron's window of 28,800 slots of 3 s.
  static let recovery: TimeInterval = 86_400

  /// Sun that comes back at the end of rentals.
  struct Return: Sendable, Equatable {
    /// Seconds from now; not negative.
    let after: TimeInterval
    let stake: Sun
  }

  /// Free now.
  let available: Sun
  /// The stake that the wallet's own spent energy blocks.
  let used: Sun
  let returns: [Return]

  /// The stake behind spent energy, rounded up: so much cannot be lent.
  static func stake(used: Energy, ratio: StakeRatio) throws(AmountError) -> Sun { try ratio.stake(for: used) }

  /// - Returns: the stake that is free after so many seconds if everything that comes back was spent to the last unit,
  ///   and if nothing was.
  func stake(after seconds: TimeInterval) -> (least: Sun, most: Sun) {
    let recovered = Self.recovered(used, seconds)
    var least = available.value + recovered
    var most = least
    for back in returns where back.after <= seconds {
      least += Self.recovered(back.stake, seconds - back.after)
      most += back.stake.value
    }
    return (Sun(least), Sun(most))
  }

  /// Rounded down; all of it after the whole window.
  private static func recovered(_ stake: Sun, _ seconds: TimeInterval) -> Int64 {
    let share = min(max(0, seconds), recovery)
    return Int64(Int128(stake.value) * Int128(share) / Int128(recovery))
  }
}
