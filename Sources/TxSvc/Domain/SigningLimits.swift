import Contracts
import Foundation
import TronKit

/// What the signer refuses whoever asks (I13), and how it plans.
struct SigningLimits: Sendable {
  var energyPerOrderMax = Energy(20_000_000)
  var energyPerHourMax = Energy(2_000_000_000)
  /// Staked TRX that one delegation may carry, and all that are signed within an hour.
  var stakePerTransactionMax = Sun(5_000_000 * Sun.perTRX)
  var stakePerHourMax = Sun(500_000_000 * Sun.perTRX)
  /// Wallets that one order may be split over.
  var legsMax = 8
  /// Legs that one order may use up, replacements included.
  var legsPlannedMax = 24
  /// Added to every stake, in thousandths.
  var marginPermille: Int64 = 10
  /// A ratio read longer ago is not planned with.
  var ratioAgeMax: Duration = .seconds(600)
  /// How long a wallet whose transaction the chain refused gets no new leg.
  var avoidance: Duration = .seconds(60)
  /// Bandwidth of a delegation and its reclaim with some room (java-tron: 278–290 each).
  var bandwidthPerRental: Int64 = 600
  /// What burning that bandwidth costs (1,000 sun a byte).
  var feePerRental = Sun(600_000)

  /// Why this order is refused before anything is reserved; nil when it may be planned.
  func refusal(
    of order: DelegateEnergy, now: Date, mode: SetSigning.Mode, wallets: Set<TronAddress>, hourEnergy: Energy
  ) -> OrderFailure? {
    if !mode.allows(.delegate) { return .signingPaused }
    if now >= order.deadline { return .deadline }
    if order.receiver.isZero || wallets.contains(order.receiver) { return .receiverNotAllowed }
    if order.energy <= .zero || order.energy > energyPerOrderMax { return .energyOutOfRange }
    if hourEnergy.value > energyPerHourMax.value - order.energy.value { return .poolEmpty }
    return nil
  }

  /// Whether a wallet can pay for a delegation and its reclaim, from bandwidth or by burning TRX, and is not set aside.
  func mayLend(_ wallet: SupplierWallet, now: Date) -> Bool {
    guard wallet.isEnabled else { return false }
    if let avoidUntil = wallet.avoidUntil, avoidUntil > now { return false }
    return wallet.bandwidth >= bandwidthPerRental || wallet.balance >= feePerRental
  }
}
