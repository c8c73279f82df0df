import Contracts
import Crypto
import Foundation
import TronKit

/// What the service's parts share: the world outside and the secrets.
struct TxEnvironment: Sendable {
  let nodes: TronNodePool
  let signer: Signer
  let sealing: SealingKeyFile
  /// Shared with order-svc (I13).
  let orderKey: SymmetricKey
  var limits = SigningLimits()
  /// How often a wallet's figures are read from the chain.
  var walletRefresh: Duration = .seconds(60)
  var deposits = DepositRules()
  /// How many solid blocks are kept on record, to be compared.
  var chainRecordBlocks: Int64 = 3 * 28_800
  let ratio = NetworkRatio()
  /// Of the nodes that have a quota.
  var budgets: [SharedRequestBudget] = []
  /// Only makes otherwise equal transactions distinct; nothing is decided by it.
  var timestampMs: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
}
