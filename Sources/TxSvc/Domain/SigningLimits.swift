import Contracts
import Foundation
import TronKit

/// What the signer refuses whoever asks, what is refused when an order is taken, and how it is planned.
struct SigningLimits: Sendable {
  var energyPerOrderMax = Energy(20_000_000)
  /// Of all orders taken within an hour: one beyond it is refused before anything is signed.
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
  /// What burning that bandwidth costs (1,000 sun a byte). Both stand in until a wallet's `rentalsLeft` is known.
  var feePerRental = Sun(600_000)
  /// How an order's wallets are chosen.
  var choice = WalletChoice.bestFit

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

  /// Whether a wallet may get a new leg.
  func mayLend(_ wallet: SupplierWallet, now: Date) -> Bool { obstacle(wallet, now: now) == nil }

  /// Why a wallet gets no new leg; nil when it may.
  func obstacle(_ wallet: SupplierWallet, now: Date) -> LendingObstacle? {
    switch wallet.state {
    case .draining: return .draining
    case .disabled: return .disabled
    case .enabled: break
    }
    if let avoidUntil = wallet.avoidUntil, avoidUntil > now { return .avoided }
    return canPay(wallet) ? nil : .fees
  }

  /// Whether it can pay for a delegation and its reclaim, from bandwidth or by burning TRX.
  private func canPay(_ wallet: SupplierWallet) -> Bool {
    if let rentalsLeft = wallet.rentalsLeft { return rentalsLeft > 0 }
    return wallet.bandwidth >= bandwidthPerRental || wallet.balance >= feePerRental
  }
}

/// Why a wallet gets no new leg, whatever it has to lend.
enum LendingObstacle: String, Sendable, CaseIterable {
  case disabled, draining
  /// The chain refused its last transaction a moment ago.
  case avoided
  /// Neither bandwidth nor TRX pays for another rental.
  case fees
}
