import BusKit
import Contracts
import Foundation
import TronKit

/// An address that is ours: a customer's, one that waits for a customer, or the owner's. Kept for ever.
struct DepositAddressRow: Row {
  static let table = "deposit_addresses"

  enum State: String, Codable, Sendable {
    /// tx-svc was not asked to watch it.
    case new
    /// tx-svc was asked.
    case registered
    /// No deposit to it is missed from `fromBlock` on.
    case watched
  }

  /// The address.
  let id: TronAddress
  /// `deposits` or `treasury`.
  let place: LedgerAccount.Custody
  /// Of the extended public key it comes from, with the number of that key's generation and the child's index; nil for
  /// the owner's.
  let fingerprint: String?
  let generation: Int64?
  let index: Int64?
  /// Whom it was given to, for ever.
  var customer: CustomerID?
  var state: State
  /// `fingerprint` while it may be handed out: by this the handler finds it. See `restock`.
  var stock: String?
  var fromBlock: Int64?
  /// When tx-svc was last asked to watch it.
  var askedAt: Date?
  /// When tx-svc last said that it is watched.
  var watchedAt: Date?
  var assignedAt: Date?
  /// When money was first seen on it. What gets money before it is anybody's is never handed out.
  var moneySince: Date?
  let createdAt: Date

  var rowKey: String { id.base58 }

  /// Puts it into the stock, or takes it out.
  mutating func restock() {
    let isFree = place == .deposits && customer == nil && state == .watched && moneySince == nil
    stock = isFree ? fingerprint : nil
  }
}
