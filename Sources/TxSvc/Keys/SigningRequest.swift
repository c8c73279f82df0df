import Contracts
import Foundation
import TronKit

/// One transaction to be signed, with everything by which the signer judges it. What stands here was read from the
/// database; nothing of it is believed where something else can be held against it.
struct SigningRequest: Sendable, Equatable {
  var purpose: StoredTransaction.Purpose
  var delegation: Delegation
  var leg: Leg
  var wallet: SupplierWallet
  /// Whether the receiver is a wallet that energy is lent from.
  var isReceiverOurs: Bool
  /// The kill switch and the running hour; nil: nobody has ever touched either.
  var signing: SigningState?
  /// A solid block, so that no fork can invalidate the transaction.
  var reference: BlockID
  /// Chain time, from which the expiration counts and by which an end is judged.
  var headTimeMs: Int64
  /// Makes transactions distinct that are otherwise equal.
  var timestampMs: Int64
  /// Postgres time.
  var now: Date

  init(
    _ purpose: StoredTransaction.Purpose, leg: Leg, wallet: SupplierWallet, snapshot: OrderSnapshot,
    head: BlockCursor, timestampMs: Int64
  ) {
    self.init(
      purpose: purpose, delegation: snapshot.delegation, leg: leg, wallet: wallet,
      isReceiverOurs: snapshot.isReceiverOurs, signing: snapshot.signing, reference: head.solidBlockID,
      headTimeMs: head.timeMs, timestampMs: timestampMs, now: snapshot.now)
  }

  init(
    purpose: StoredTransaction.Purpose, delegation: Delegation, leg: Leg, wallet: SupplierWallet,
    isReceiverOurs: Bool, signing: SigningState?, reference: BlockID, headTimeMs: Int64, timestampMs: Int64, now: Date
  ) {
    self.purpose = purpose
    self.delegation = delegation
    self.leg = leg
    self.wallet = wallet
    self.isReceiverOurs = isReceiverOurs
    self.signing = signing
    self.reference = reference
    self.headTimeMs = headTimeMs
    self.timestampMs = timestampMs
    self.now = now
  }

  /// The only transactions that this system makes.
  var transaction: RawTransaction {
    let contract: Contract =
      switch purpose {
      case .delegate:
        .delegateResource(
          owner: wallet.address, receiver: delegation.receiver, resource: .energy, balance: leg.stake, lock: false,
          lockPeriod: 0)
      case .reclaim:
        .undelegateResource(
          owner: wallet.address, receiver: delegation.receiver, resource: .energy, balance: leg.stake)
      }
    return RawTransaction(
      referencing: reference, expiration: headTimeMs + Signer.lifetimeMs, timestamp: timestampMs, contract: contract,
      permissionID: Int32(truncatingIfNeeded: wallet.permissionID))
  }
}
