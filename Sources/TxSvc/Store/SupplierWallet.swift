import BusKit
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
  var isEnabled: Bool

  /// What the chain would let it delegate, as of block `figuresBlock`.
  var delegatable: Sun
  /// Of our legs, the sun that is not yet subtracted from `delegatable`.
  var reserved: Sun
  /// Of our legs, the sun that lies on chain.
  var delegated: Sun
  /// Staked and free bandwidth left.
  var bandwidth: Int64
  var balance: Sun
  var figuresBlock: Int64
  /// When the figures are to be read again.
  var refreshAt: Date
  /// No new leg before this time: the chain refused the wallet's last one.
  var avoidUntil: Date?
  let addedAt: Date
  /// What its key may do beyond what it is needed for; nil: nothing, or not known.
  var keyWarning: String?

  var rowKey: String { address.base58 }

  /// What may be promised to new legs.
  var available: Sun { Sun(max(0, delegatable.value - reserved.value)) }
}
