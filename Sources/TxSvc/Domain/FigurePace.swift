import Foundation

/// How often wallets are read because something asks for it, beside the regular reading: as soon as possible for a
/// small pool, and never more than a fixed number of calls a day, however many wallets and orders there are.
enum FigurePace {
  /// Of a key's 100,000 calls a day (TronGrid) the blocks take up to 75,000.
  static let callsPerDayMax: Int64 = 10_000
  /// Head and what can be delegated.
  static let callsPerReading: Int64 = 2
  static let gapMin: TimeInterval = 20

  /// Between two readings of one wallet.
  static func gap(wallets: Int) -> TimeInterval {
    max(gapMin, Double(Int64(max(1, wallets)) * callsPerReading * 86_400) / Double(callsPerDayMax))
  }

  /// When a wallet whose figures are wanted is read: never later than planned.
  static func next(_ wallet: SupplierWallet, wallets: Int, now: Date) -> Date {
    let earliest = wallet.figuresAt.map { max(now, $0.addingTimeInterval(gap(wallets: wallets))) } ?? now
    return min(wallet.refreshAt, earliest)
  }
}
