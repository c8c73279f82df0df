import Foundation
import TronKit

/// Builds and signs the two kinds of transaction that this system makes. What a node built is never signed, and
/// nothing that the rules refuse (I13).
struct Signer: Sendable {
  /// java-tron's own default; short, so that an unknown outcome is settled within two minutes.
  static let lifetimeMs: Int64 = 60_000

  /// Read again while the service runs.
  let master: KeyFile<KeyRing>
  var ring: KeyRing { master.keys }

  init(master: KeyFile<KeyRing>) { self.master = master }

  /// With keys that never change.
  init(ring: KeyRing) { self.init(master: KeyFile("ENERGY_MASTER_KEY_FILE", fixed: ring)) }

  /// - Throws: `SigningRefusal` for what is not to be signed, `KeyRing.UnknownKey` when this replica lacks the key.
  func sign(_ request: SigningRequest, _ rules: SigningRules) throws -> StoredTransaction {
    try rules.check(request)
    let raw = request.transaction
    let bytes = raw.encoded()
    try rules.check(bytes, for: request)
    let key = try ring.open(request.wallet.encryptedKey, keyID: request.wallet.keyID)
    let id = SignedTransaction(rawBytes: bytes, signatures: []).id
    let signed = SignedTransaction(rawBytes: bytes, signatures: [try key.sign(id.bytes)])
    return StoredTransaction(
      id: id, orderID: request.leg.orderID, legID: request.leg.id, purpose: request.purpose, bytes: signed.encoded(),
      expirationMs: raw.expiration, signedAt: request.now, state: .signed)
  }
}
