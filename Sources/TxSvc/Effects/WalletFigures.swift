import BusKit
import Foundation
import TronKit

/// What one reading of the chain says about a wallet.
struct WalletFigures: Sendable {
  let delegatable: Sun
  let balance: Sun
  let bandwidth: Int64
  let ratio: StakeRatio?
  /// The figures show at least everything up to this block.
  let block: Int64

  /// All from one node, whose head is read first.
  static func read(_ address: TronAddress, _ nodes: TronNodePool) async throws -> (WalletFigures, ChainAccount?) {
    try await nodes.read { node in
      let head = try await node.head()
      async let delegatable = node.canDelegateMaxSize(owner: address, resource: .energy)
      async let resources = node.resources(address)
      let account = try await node.account(address)
      let figures = WalletFigures(
        delegatable: try await delegatable, balance: account?.balance ?? .zero,
        bandwidth: try await max(resources.bandwidthAvailable, resources.freeBandwidthAvailable),
        ratio: try await resources.stakeRatio, block: head.number)
      return (figures, account)
    }
  }

  /// - Parameter followed: the block up to which our own rows know what happened: of a leg beyond it nothing is known.
  func write(to wallet: inout SupplierWallet, followed: Int64) {
    wallet.delegatable = delegatable
    wallet.balance = balance
    wallet.bandwidth = bandwidth
    wallet.figuresBlock = min(block, followed)
  }
}
