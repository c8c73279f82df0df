import Foundation
import TronKit

/// Builds and signs the two kinds of transaction that this system makes. What a node built is never signed.
struct Signer: Sendable {
  /// java-tron's own default; short, so that an unknown outcome is settled within two minutes.
  static let lifetimeMs: Int64 = 60_000

  let ring: KeyRing

  /// - Parameters:
  ///   - reference: a solid block, so that no fork can invalidate the transaction.
  ///   - headTimeMs: chain time, from which the expiration counts.
  ///   - timestampMs: makes transactions distinct that are otherwise equal.
  func sign(
    _ purpose: StoredTransaction.Purpose, leg: Leg, receiver: TronAddress, wallet: SupplierWallet, reference: BlockID,
    headTimeMs: Int64, timestampMs: Int64, now: Date
  ) throws -> StoredTransaction {
    let contract: Contract =
      switch purpose {
      case .delegate:
        .delegateResource(
          owner: wallet.address, receiver: receiver, resource: .energy, balance: leg.stake, lock: false, lockPeriod: 0)
      case .reclaim:
        .undelegateResource(owner: wallet.address, receiver: receiver, resource: .energy, balance: leg.stake)
      }
    let raw = RawTransaction(
      referencing: reference, expiration: headTimeMs + Self.lifetimeMs, timestamp: timestampMs, contract: contract,
      permissionID: Int32(wallet.permissionID))
    let signed = try raw.signed(with: try ring.open(wallet.encryptedKey, keyID: wallet.keyID))
    return StoredTransaction(
      id: signed.id, orderID: leg.orderID, legID: leg.id, purpose: purpose, bytes: signed.encoded(),
      expirationMs: raw.expiration, signedAt: now, state: .signed)
  }
}
