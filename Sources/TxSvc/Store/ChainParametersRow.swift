import BusKit
import Foundation

/// The network's parameters when they were last read.
struct ChainParametersRow: Row {
  static let table = "chain_parameters"
  static let key = "chain"

  let id: String
  var energyFee: Int64?
  var transactionFee: Int64?
  var maxDelegateLockPeriod: Int64?
  var unfreezeDelayDays: Int64?
  var memoFee: Int64?
  var updateAccountPermissionFee: Int64?
  var totalEnergyLimit: Int64?
  var totalEnergyWeight: Int64?
  var readAt: Date
  /// Of the last event.
  var seq: Int64

  var rowKey: String { id }

  init(_ parameters: ChainParameters, readAt: Date, seq: Int64) {
    id = Self.key
    energyFee = parameters.energyFee
    transactionFee = parameters.transactionFee
    maxDelegateLockPeriod = parameters.maxDelegateLockPeriod
    unfreezeDelayDays = parameters.unfreezeDelayDays
    memoFee = parameters.memoFee
    updateAccountPermissionFee = parameters.updateAccountPermissionFee
    totalEnergyLimit = parameters.totalEnergyLimit
    totalEnergyWeight = parameters.totalEnergyWeight
    self.readAt = readAt
    self.seq = seq
  }

  var parameters: ChainParameters {
    var parameters = ChainParameters([:], ratio: nil)
    parameters.energyFee = energyFee
    parameters.transactionFee = transactionFee
    parameters.maxDelegateLockPeriod = maxDelegateLockPeriod
    parameters.unfreezeDelayDays = unfreezeDelayDays
    parameters.memoFee = memoFee
    parameters.updateAccountPermissionFee = updateAccountPermissionFee
    parameters.totalEnergyLimit = totalEnergyLimit
    parameters.totalEnergyWeight = totalEnergyWeight
    return parameters
  }
}
