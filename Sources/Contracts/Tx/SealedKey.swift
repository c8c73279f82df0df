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
    var clear = Data(secret)
    defer { clear.withUnsafeMutableBytes { erase($0) } }
    let ciphertext = try sender.seal(clear, authenticating: Data(address.bytes))
    return SealedKey(keyID: key.keyID, encapsulated: sender.encapsulatedKey, ciphertext: ciphertext)
  }

  /// Lends what was sealed. It must not outlive the closure: the memory is zeroed before this returns.
  public func open<Result>(
    for address: TronAddress, with key: Curve25519.KeyAgreement.PrivateKey,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    var recipient = try HPKE.Recipient(
      privateKey: key, ciphersuite: Self.suite, info: Self.info, encapsulatedKey: encapsulated)
    var clear = try recipient.open(ciphertext, authenticating: Data(address.bytes))
    defer { clear.withUnsafeMutableBytes { Self.erase($0) } }
    return try clear.withUnsafeBytes(body)
  }

  private static func erase(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let start = buffer.baseAddress else { return }
    explicit_bzero(start, buffer.count)
  }
}
