import Crypto
import Foundation
import TronKit

/// tx-svc's public key for sealing.
public struct SealingKey: Codable, Sendable, Equatable {
  public let keyID: String
  /// X25519, raw, 32 bytes.
  public let publicKey: Data
  public init(keyID: String, publicKey: Data) {
    self.keyID = keyID
    self.publicKey = publicKey
  }
}

/// A supplier's private key that only tx-svc can open: HPKE (RFC 9180) base mode, X25519, HKDF-SHA256,
/// ChaCha20-Poly1305, bound to the wallet's address.
public struct SealedKey: Codable, Sendable, Equatable {
  public let keyID: String
  public let encapsulated: Data
  public let ciphertext: Data

  private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
  private static let info = Data("tron-energy-assistant supplier key v1".utf8)

  public static func seal(_ secret: [UInt8], for address: TronAddress, to key: SealingKey) throws -> SealedKey {
    let recipient = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: key.publicKey)
    var sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: suite, info: info)
    let ciphertext = try sender.seal(Data(secret), authenticating: Data(address.bytes))
    return SealedKey(keyID: key.keyID, encapsulated: sender.encapsulatedKey, ciphertext: ciphertext)
  }

  public func open(for address: TronAddress, with key: Curve25519.KeyAgreement.PrivateKey) throws -> [UInt8] {
    var recipient = try HPKE.Recipient(
      privateKey: key, ciphersuite: Self.suite, info: Self.info, encapsulatedKey: encapsulated)
    return [UInt8](try recipient.open(ciphertext, authenticating: Data(address.bytes)))
  }
}
