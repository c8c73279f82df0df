import Contracts
import TronKit

/// What the operator wants of a sweep.
struct SweepSettings: Sendable {
  /// Where a token transfer's energy comes from.
  enum Way: String, Sendable, CaseIterable {
    /// Whichever is cheaper.
    case auto
    case burn
    case lend
  }

  let treasury: TronAddress
  let funder: TronAddress
  /// Less of a currency than this stays where it is.
  var minimum = (trx: Sun(5_000_000), usdt: Int64(10_000_000))
  /// TRX that stays on an address from which TRX is swept.
  var keep = Sun.zero
  var lifetimeSeconds: Int64 = 12 * 3600
  var transactionsMax = 200
  var way = Way.auto
  /// The shortest rental that is used for lending.
  var lendSeconds: Int64 = 3600
  /// Whether the day's free bytes of addresses that have an account are counted on. They are there only where an
  /// address has sent nothing for a day, which the chain's solid balances do not tell.
  var countsFreeBandwidth = false
  /// What one transaction may allow itself for energy.
  var feeLimitMax = Sun(50_000_000)
}

/// The chain's prices for what a sweep needs. Sizes are upper bounds: facts of real transactions are 265 to 268 bytes
/// for TRX, 345 or 346 for USDT, 278 to 284 for delegating and as much for taking back.
struct SweepFees: Sendable {
  static let transferBytes: Int64 = 270
  static let tokenBytes: Int64 = 350
  static let lendingBytes: Int64 = 570
  /// A call that takes more is not one of a token that people use.
  private static let energyMax: Int64 = 10_000_000

  let reference: TransactionReferenceView
  /// Burned by a transfer of TRX without bandwidth …
  let transfer: Sun
  /// … by the bytes of one of tokens …
  let token: Sun
  /// … by delegating and reclaiming …
  let lending: Sun
  /// … and by a transfer that creates its receiver's account.
  let activation: Sun

  /// - Throws: `SweepRefusal` for prices that cannot be.
  init(_ reference: TransactionReferenceView) throws {
    guard reference.energyFee > .zero, reference.bandwidthFee >= .zero, reference.feeLimitMax > .zero else {
      throw SweepRefusal(
        .limit,
        "the chain's prices are absurd: \(reference.energyFee.value) sun for energy, "
          + "\(reference.bandwidthFee.value) for a byte")
    }
    self.reference = reference
    transfer = try reference.bandwidthFee.multiplied(by: Self.transferBytes)
    token = try reference.bandwidthFee.multiplied(by: Self.tokenBytes)
    lending = try reference.bandwidthFee.multiplied(by: Self.lendingBytes)
    activation = try reference.accountFee.adding(reference.accountBandwidthFee)
  }

  /// A fifth more than was tried out: the penalty of a busy contract may grow by as much at the next maintenance.
  /// - Returns: nil for what no transfer takes.
  func withMargin(_ energy: Energy) -> Energy? {
    guard (1...Self.energyMax).contains(energy.value) else { return nil }
    return Energy((energy.value * 6 + 4) / 5)
  }
}
