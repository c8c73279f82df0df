import TronKit

/// For how many rentals a wallet's bandwidth and TRX pay. A transaction takes its bandwidth whole from what is staked,
/// whole from what is free, or burns TRX for all of it.
struct CapacityFees: Sendable, Equatable {
  /// A delegation or reclaim under an active permission (java-tron: 278–290).
  static let bandwidthPerTransaction: Int64 = 290
  /// Sun per byte while the chain has not been asked.
  static let transactionFeeAssumed: Int64 = 1_000

  let stakedBandwidth: Int64
  let freeBandwidth: Int64
  let balance: Sun
  /// Sun per byte, `getTransactionFee`.
  let transactionFee: Int64

  /// Transactions that can be paid at once.
  var transactions: Int64 {
    // The fee may be of a row that was written without limits.
    let (burn, isBeyond) = Self.bandwidthPerTransaction.multipliedReportingOverflow(by: max(1, transactionFee))
    return max(0, stakedBandwidth) / Self.bandwidthPerTransaction + max(0, freeBandwidth) / Self.bandwidthPerTransaction
      + (isBeyond ? 0 : max(0, balance.value) / burn)
  }

  /// - Parameters:
  ///   - reclaimsSoon: of live legs that end before bandwidth has recovered noticeably.
  ///   - unshown: delegations under way that these figures do not show.
  /// - Returns: further rentals, a delegation and a reclaim each.
  func rentals(reclaimsSoon: Int64, unshown: Int64) -> Int64 { max(0, transactions - reclaimsSoon - unshown) / 2 }
}
