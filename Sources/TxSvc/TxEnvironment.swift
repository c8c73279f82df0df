import Contracts
import Crypto
import Foundation
import TronKit

/// What the service's parts share: the world outside and the secrets.
struct TxEnvironment: Sendable {
  let nodes: TronNodePool
  let ratio: NetworkRatio
  let signer: Signer
  let sealing: SealingKeyFile
  /// Shared with order-svc (I13).
  let orderKey: SymmetricKey
  var limits = SigningLimits()
  /// How often a wallet's figures are read from the chain.
  var walletRefresh: Duration = .seconds(60)
  /// Only makes otherwise equal transactions distinct; nothing is decided by it.
  var timestampMs: @Sendable () -> Int64

  init(
    nodes: TronNodePool, signer: Signer, sealing: SealingKeyFile, orderKey: SymmetricKey,
    limits: SigningLimits = SigningLimits(), walletRefresh: Duration = .seconds(60),
    timestampMs: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
  ) {
    self.nodes = nodes
    ratio = NetworkRatio(nodes: nodes)
    self.signer = signer
    self.sealing = sealing
    self.orderKey = orderKey
    self.limits = limits
    self.walletRefresh = walletRefresh
    self.timestampMs = timestampMs
  }

  /// What the signer obeys.
  var rules: SigningRules { SigningRules(limits: limits, orderKey: orderKey) }
}
