import Crypto
import Foundation

/// The steps that BIP 32 and BIP 39 have in common for private and public keys. Whatever is secret stays in
/// `SecretBytes`.
enum HDDerivation {
  /// HMAC-SHA512: its first half moves the key, its second is the chain code.
  static func hmac(key: some ContiguousBytes, _ message: UnsafeRawBufferPointer) throws(KeyError) -> SecretBytes {
    let result = try SecretBytes(count: 64)
    var code = HMAC<SHA512>(key: SymmetricKey(data: key))
    code.update(data: message)
    code.finalize().withUnsafeBytes { result.mutable.copyMemory(from: $0) }
    return result
  }

  /// Of a parent: its 33 bytes (a point, or zero and a private key) and the index of the child.
  static func hmac(
    chainCode: [UInt8], index: UInt32, parent: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(KeyError) -> SecretBytes {
    let message = try SecretBytes(count: 37)
    parent(UnsafeMutableRawBufferPointer(rebasing: message.mutable[..<33]))
    message.mutable[33...].copyBytes(from: bytes(of: index))
    return try hmac(key: chainCode, UnsafeRawBufferPointer(message.mutable))
  }

  /// Big-endian.
  static func bytes(of index: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: index >> ($0 * 8)) }
  }

  /// How BIP 32 names a parent: 4 bytes of RIPEMD-160 of SHA-256 of the point.
  static func fingerprint(of key: PublicKey) -> [UInt8] {
    Array(RIPEMD160.hash(Array(SHA256.hash(data: key.compressed))).prefix(4))
  }

  /// PBKDF2-HMAC-SHA512 with 2048 rounds and one block of 64 bytes (BIP 39). Written out because swift-crypto's own
  /// leaves the result in memory that is not zeroed.
  static func seed(phrase: UnsafeRawBufferPointer, passphrase: String) throws(KeyError) -> SecretBytes {
    let keyed = HMAC<SHA512>(key: SymmetricKey(data: phrase))
    let seed = try SecretBytes(count: 64)
    let block = try SecretBytes(count: 64)
    // Two spellings of one accented letter must be one passphrase.
    let salt = Array("mnemonic\(passphrase.decomposedStringWithCompatibilityMapping)".utf8) + [0, 0, 0, 1]
    var first = keyed
    first.update(data: salt)
    first.finalize().withUnsafeBytes { block.mutable.copyMemory(from: $0) }
    seed.mutable.copyMemory(from: UnsafeRawBufferPointer(block.mutable))
    for _ in 1..<2048 {
      var round = keyed
      round.update(data: UnsafeRawBufferPointer(block.mutable))
      round.finalize().withUnsafeBytes { block.mutable.copyMemory(from: $0) }
      for index in 0..<64 { seed.bytes[index] ^= block.bytes[index] }
    }
    return seed
  }
}
