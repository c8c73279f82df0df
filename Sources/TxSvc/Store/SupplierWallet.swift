import BusKit
import Contracts
import Foundation
import TronKit

/// An account whose staked TRX is lent, its encrypted key, and what was last known of it on chain.
struct SupplierWallet: Row {
  static let table = "supplier_wallets"
  static let keyColumn = "address"

  let address: TronAddress
  /// A Fernet token under the master key `keyID`.
  var encryptedKey: String
  var keyID: String
  /// 0: the owner's permission; from 2 an active one.
  var permissionID: Int
  /// Whether it gets new legs. What it has lent is taken back either way.
  var isEnabled: Bool
  /// Not enabled, and the operator wants to hear when nothing of ours is lent any more.
  var isDraining = false
  /// Of the last event about the wallet.
  var seq: Int64 = 0

  /// What the chain would let it delegate, as of block `figuresBlock`.
  var delegatable: Sun
  /// Of our legs, the sun that is not yet subtracted from `delegatable`.
  var reserved: Sun
  /// Of our legs, the sun that lies on chain.
  var delegated: Sun
  /// The larger of staked and free bandwidth left: a transaction takes all of its bandwidth from one of them.
  var bandwidth: Int64
  var stakedBandwidth: Int64 = 0
  var freeBandwidth: Int64 = 0
  var balance: Sun
  /// Energy of its own stake that is spent and recovers within 24 h.
  var energyUsed = Energy.zero
  /// Sun that the chain says it has lent, ours and others'.
  var delegatedOnChain = Sun.zero
  /// Rentals whose fees bandwidth and TRX still pay for, counted down with every leg; nil until first worked out.
  var rentalsLeft: Int64?
  var figuresBlock: Int64
  /// When `delegatable` was last read, and when all figures were.
  var figuresAt: Date?
  var accountAt: Date?
  /// When the figures are to be read again.
  var refreshAt: Date
  /// When the reading that is on its way was started; nil: none is.
  var refreshStartedAt: Date?
  /// No new leg before this time: the chain refused the wallet's last one.
  var avoidUntil: Date?
  let addedAt: Date
  /// What its key may do beyond what it is needed for; nil: nothing, or not known.
  var keyWarning: String?

  var rowKey: String { address.base58 }

  /// What may be promised to new legs.
  var available: Sun { Sun(max(0, delegatable.value - reserved.value)) }

  /// Whether nothing of ours is lent by it or promised.
  var isEmpty: Bool { delegated == .zero && reserved == .zero }

  /// A reading whose end is never written, because somebody removed it, holds up no other after this.
  static let readingMax: TimeInterval = 600

  /// Whether its figures are on their way: while the nodes hang, one reading waits and no second one is started.
  func isBeingRead(at now: Date) -> Bool {
    refreshStartedAt.map { now.timeIntervalSince($0) < Self.readingMax } ?? false
  }

  var state: SupplierState { isEnabled ? .enabled : isDraining ? .draining : .disabled }
}
