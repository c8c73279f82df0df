import BusKit
import Contracts
import TronKit

/// How much one operator may book alone within 24 hours, by currency; beyond it a second one has to agree.
struct AdjustmentLimits: Sendable, Equatable {
  /// In sun; zero: nothing.
  var sunMax: Int64 = 1_000 * Sun.perTRX
  /// In micro-USDT; zero: nothing.
  var usdtMax: Int64 = 1_000_000_000

  /// No second operator is ever needed: for tests and simulations.
  static let unlimited = AdjustmentLimits(sunMax: .max, usdtMax: .max)

  static func read(_ reader: inout EnvironmentReader) -> AdjustmentLimits {
    let usual = AdjustmentLimits()
    return AdjustmentLimits(
      sunMax: reader.integer("ENERGY_ADJUSTMENT_SUN_MAX", default: usual.sunMax, in: 0...Int64.max),
      usdtMax: reader.integer("ENERGY_ADJUSTMENT_USDT_MAX", default: usual.usdtMax, in: 0...Int64.max))
  }

  /// - Parameter alone: what this operator has booked alone in the last 24 hours.
  func needsSecond(_ money: Money, alone: Int64) -> Bool {
    let max = money.currency == .trx ? sunMax : usdtMax
    let (sum, overflow) = alone.addingReportingOverflow(money.amount)
    return (overflow ? Int64.max : sum) > max
  }
}
