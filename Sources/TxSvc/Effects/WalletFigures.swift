import BusKit
import Foundation
import TronKit

/// What one reading of the chain says about a wallet.
struct WalletFigures: Sendable {
  /// What only a full reading knows.
  struct Account: Sendable {
    let balance: Sun
    let delegated: Sun
    let energyUsed: Energy
    let stakedBandwidth: Int64
    let freeBandwidth: Int64
    let ratio: StakeRatio?
  }

  let delegatable: Sun
  /// nil for a reading of `delegatable` alone, which costs half the calls.
  let account: Account?
  /// The figures show at least everything up to this block.
  let block: Int64

  var ratio: StakeRatio? { account?.ratio }

  /// Everything, from one node, whose head is read first.
  static func read(
    _ address: TronAddress, _ nodes: TronNodePool, _ priority: RequestPriority = .confirmation
  ) async throws -> (WalletFigures, ChainAccount?) {
    try await nodes.read(priority) { node in
      let head = try await node.head()
      async let delegatable = node.canDelegateMaxSize(owner: address, resource: .energy)
      async let resources = node.resources(address)
      let account = try await node.account(address)
      let figures = WalletFigures(
        delegatable: try await delegatable,
        account: Account(
          balance: account?.balance ?? .zero, delegated: account?.delegatedEnergy ?? .zero,
          energyUsed: try await resources.energyUsed, stakedBandwidth: try await resources.bandwidthAvailable,
          freeBandwidth: try await resources.freeBandwidthAvailable, ratio: try await resources.stakeRatio),
        block: head.number)
      return (figures, account)
    }
  }

  /// Only what can be lent, from one node, whose head is read first.
  static func readDelegatable(_ address: TronAddress, _ nodes: TronNodePool) async throws -> WalletFigures {
    try await nodes.read(.refresh) { node in
      let head = try await node.head()
      let delegatable = try await node.canDelegateMaxSize(owner: address, resource: .energy)
      return WalletFigures(delegatable: delegatable, account: nil, block: head.number)
    }
  }

  /// - Parameter followed: the block up to which our own rows know what happened: of a leg beyond it nothing is known.
  func write(to wallet: inout SupplierWallet, followed: Int64) {
    wallet.delegatable = delegatable
    wallet.figuresBlock = min(block, followed)
    guard let account else { return }
    wallet.balance = account.balance
    wallet.bandwidth = max(account.stakedBandwidth, account.freeBandwidth)
    wallet.stakedBandwidth = account.stakedBandwidth
    wallet.freeBandwidth = account.freeBandwidth
    wallet.energyUsed = account.energyUsed
    wallet.delegatedOnChain = account.delegated
  }
}
