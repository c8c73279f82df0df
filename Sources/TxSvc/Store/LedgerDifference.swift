import BusKit
import Contracts
import Foundation
import TronKit

/// A difference between our rows and the chain, from the first sight of it. Settled ones are kept for a time.
struct LedgerDifference: Row {
  static let table = "ledger_differences"
  static let keptFor: TimeInterval = 90 * 86_400

  /// The wallet, or `<wallet>/<receiver>`.
  let id: String
  let wallet: TronAddress
  let receiver: TronAddress?
  var kind: LedgerDiffers.Kind
  var state: LedgerDifferencesView.State
  var ours: Sun
  var onChain: Sun
  /// The solid block that showed it first, in this way.
  var solidBlock: Int64
  var since: Date
  var reportedAt: Date?
  var settledAt: Date?
  /// Of the last event.
  var seq: Int64

  var rowKey: String { id }

  static func key(_ wallet: TronAddress, _ receiver: TronAddress?) -> String {
    receiver.map { "\(wallet.base58)/\($0.base58)" } ?? wallet.base58
  }

  var known: LedgerJudgement.Known {
    LedgerJudgement.Known(state: state, kind: kind, isMore: onChain > ours, block: solidBlock)
  }

  var event: LedgerDiffers {
    LedgerDiffers(
      kind: kind, wallet: wallet, receiver: receiver, ours: ours, chain: onChain, since: since, settledAt: settledAt,
      seq: seq)
  }
}
