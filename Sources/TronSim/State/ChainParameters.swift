/// The parameters that a committee sets on mainnet, with its values of 2026.
struct ChainParameters: Sendable, Equatable {
  var totalEnergyLimit: Int64 = 180_000_000_000
  /// TRX staked for energy on the whole chain; 180e9 ÷ this = 9.5 energy per TRX.
  var totalEnergyWeight: Int64 = 18_947_368_421
  var totalNetLimit: Int64 = 43_200_000_000
  /// 1.6 bandwidth per TRX.
  var totalNetWeight: Int64 = 27_000_000_000
  /// sun per energy
  var energyFee: Int64 = 100
  /// sun per byte of bandwidth
  var transactionFee: Int64 = 1_000
  var freeNetLimit: Int64 = 600
  var createNewAccountFee: Int64 = 1_000_000
  /// Burned instead of bandwidth when a new account is created without staked bandwidth.
  var createAccountFee: Int64 = 100_000
  var memoFee: Int64 = 1_000_000
  var multiSignFee: Int64 = 1_000_000
  var updatePermissionFee: Int64 = 100_000_000
  /// Blocks of 3 s: 30 days.
  var maxDelegateLockPeriod: Int64 = 864_000
  var unfreezeDelayDays: Int64 = 14
  /// sun; the most that a smart-contract call may be allowed to burn
  var maxFeeLimit: Int64 = 15_000_000_000
  /// What `energyFee` and `transactionFee` were since when, oldest first.
  var energyPrices = [Price(sinceMs: 0, sun: 100)]
  var bandwidthPrices = [Price(sinceMs: 0, sun: 1_000)]

  struct Price: Sendable, Equatable {
    let sinceMs: Int64
    let sun: Int64
  }

  /// Blocks of 3 s: 3 days, when a locked delegation names no period.
  static let defaultLockPeriod: Int64 = 86_400
  /// ms that one block of a lock period stands for, whatever the simulator's own interval is.
  static let lockBlockMs: Int64 = 3_000
  static let sunPerTRX: Int64 = 1_000_000

  func limit(_ resource: Resource) -> (total: Int64, weight: Int64) {
    resource == .energy ? (totalEnergyLimit, totalEnergyWeight) : (totalNetLimit, totalNetWeight)
  }

  /// Units that `stake` sun give: java-tron's double arithmetic on the whole account's stake.
  func units(_ resource: Resource, stake: Int64) -> Int64 {
    let (total, weight) = limit(resource)
    return Self.whole(Double(stake) / Double(Self.sunPerTRX) * (Double(total) / Double(weight)))
  }

  /// The stake in sun that `units` stand for.
  func stake(_ resource: Resource, units: Int64) -> Int64 {
    let (total, weight) = limit(resource)
    return Self.whole(Double(units) * Double(Self.sunPerTRX) * (Double(weight) / Double(total)))
  }

  /// Cut off like a Java cast; parameters that nobody would set cannot stop the simulator.
  private static func whole(_ value: Double) -> Int64 { Int64(min(value, 1e18)) }

  var list: [(key: String, value: Int64)] {
    [
      ("getMaintenanceTimeInterval", 21_600_000), ("getCreateAccountFee", createAccountFee),
      ("getTransactionFee", transactionFee), ("getCreateNewAccountFeeInSystemContract", createNewAccountFee),
      ("getCreateNewAccountBandwidthRate", 1), ("getEnergyFee", energyFee), ("getMaxFeeLimit", maxFeeLimit),
      ("getTotalEnergyLimit", totalEnergyLimit), ("getTotalEnergyCurrentLimit", totalEnergyLimit),
      ("getUpdateAccountPermissionFee", updatePermissionFee), ("getMultiSignFee", multiSignFee),
      ("getFreeNetLimit", freeNetLimit), ("getTotalNetLimit", totalNetLimit), ("getMemoFee", memoFee),
      ("getUnfreezeDelayDays", unfreezeDelayDays), ("getAllowDelegateResource", 1),
      ("getMaxDelegateLockPeriod", maxDelegateLockPeriod), ("getDynamicEnergyThreshold", 5_000_000_000),
      ("getDynamicEnergyIncreaseFactor", 2_000), ("getDynamicEnergyMaxFactor", 34_000),
    ]
  }
}
