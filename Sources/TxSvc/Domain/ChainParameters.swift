import Contracts
import TronKit

/// The network's parameters that decisions here rest on. nil: the node did not say.
struct ChainParameters: Codable, Sendable, Equatable {
  /// Sun per unit of energy that is burned.
  var energyFee: Int64?
  /// Sun per byte of bandwidth that is burned.
  var transactionFee: Int64?
  /// Blocks.
  var maxDelegateLockPeriod: Int64?
  var unfreezeDelayDays: Int64?
  /// Sun.
  var memoFee: Int64?
  /// Sun.
  var updateAccountPermissionFee: Int64?
  /// Energy of the whole network.
  var totalEnergyLimit: Int64?
  /// TRX staked for energy in the whole network.
  var totalEnergyWeight: Int64?

  /// - Parameters:
  ///   - values: of `getchainparameters`, by java-tron's names.
  ///   - ratio: of any account's resources; nil when none could be asked.
  init(_ values: [String: Int64], ratio: StakeRatio?) {
    energyFee = values["getEnergyFee"]
    transactionFee = values["getTransactionFee"]
    maxDelegateLockPeriod = values["getMaxDelegateLockPeriod"]
    unfreezeDelayDays = values["getUnfreezeDelayDays"]
    memoFee = values["getMemoFee"]
    updateAccountPermissionFee = values["getUpdateAccountPermissionFee"]
    totalEnergyLimit = ratio?.totalEnergyLimit
    totalEnergyWeight = ratio?.totalEnergyWeight
  }

  /// By the chain's names. The second half floats by itself; a change of the first is always one that people decided.
  private static var decided: [(name: String, value: KeyPath<ChainParameters, Int64?>)] {
    [
      ("getEnergyFee", \.energyFee), ("getTransactionFee", \.transactionFee),
      ("getMaxDelegateLockPeriod", \.maxDelegateLockPeriod), ("getUnfreezeDelayDays", \.unfreezeDelayDays),
      ("getMemoFee", \.memoFee), ("getUpdateAccountPermissionFee", \.updateAccountPermissionFee),
    ]
  }
  private static var floating: [(name: String, value: KeyPath<ChainParameters, Int64?>)] {
    [("TotalEnergyLimit", \.totalEnergyLimit), ("TotalEnergyWeight", \.totalEnergyWeight)]
  }

  /// All of them by name, for metrics.
  var named: [(name: String, value: Int64)] {
    (Self.decided + Self.floating).compactMap { entry in self[keyPath: entry.value].map { (entry.name, $0) } }
  }

  /// What was not said this time, or before, is no change.
  func changes(from old: ChainParameters) -> [ChainParametersChanged.Change] {
    (Self.decided + Self.floating).compactMap { entry in
      guard let before = old[keyPath: entry.value], let value = self[keyPath: entry.value], before != value else {
        return nil
      }
      return ChainParametersChanged.Change(name: entry.name, old: before, new: value)
    }
  }

  /// What is not said this time is kept.
  func filled(from old: ChainParameters?) -> ChainParameters {
    guard let old else { return self }
    var all = self
    all.energyFee = energyFee ?? old.energyFee
    all.transactionFee = transactionFee ?? old.transactionFee
    all.maxDelegateLockPeriod = maxDelegateLockPeriod ?? old.maxDelegateLockPeriod
    all.unfreezeDelayDays = unfreezeDelayDays ?? old.unfreezeDelayDays
    all.memoFee = memoFee ?? old.memoFee
    all.updateAccountPermissionFee = updateAccountPermissionFee ?? old.updateAccountPermissionFee
    all.totalEnergyLimit = totalEnergyLimit ?? old.totalEnergyLimit
    all.totalEnergyWeight = totalEnergyWeight ?? old.totalEnergyWeight
    return all
  }

  /// - Parameter percent: by how much the network's stake or limit may move between two readings.
  static func isJump(_ changes: [ChainParametersChanged.Change], percent: Int64) -> Bool {
    let floats = Set(floating.map(\.name))
    return changes.contains { change in
      guard floats.contains(change.name) else { return true }
      let moved = (Int128(change.new) - Int128(change.old)).magnitude
      return moved * 100 > Int128(change.old).magnitude * Int128(percent).magnitude
    }
  }
}
