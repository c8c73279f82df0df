import BusKit
import Foundation
import TronKit

/// The network's energy per staked TRX when it was last read.
struct ChainRatio: Row {
  static let table = "chain_ratio"
  static let key = "energy"

  let id: String
  var totalEnergyLimit: Int64
  var totalEnergyWeight: Int64
  var readAt: Date

  init(_ ratio: StakeRatio, readAt: Date) {
    id = Self.key
    totalEnergyLimit = ratio.totalEnergyLimit
    totalEnergyWeight = ratio.totalEnergyWeight
    self.readAt = readAt
  }

  var rowKey: String { id }
  var ratio: StakeRatio? { StakeRatio(totalEnergyLimit: totalEnergyLimit, totalEnergyWeight: totalEnergyWeight) }
}
