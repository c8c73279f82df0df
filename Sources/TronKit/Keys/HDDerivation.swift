import Crypto

/// The steps that BIP 32 has in common for private and public keys.
enum HDDerivation {
  /// HMAC-SHA512 in its two halves: what moves the key, and the chain code.
  static func split(key: [UInt8], _ message: [UInt8]) -> (tweak: [UInt8], chainCode: [UInt8]) {
    let code = Array(HMAC<SHA512>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    return (Array(code.prefix(32)), Array(code.suffix(32)))
  }

  /// Big-endian.
  static func bytes(of index: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: index >> ($0 * 8)) }
  }

  /// PBKDF2-HMAC-SHA512 with 2048 rounds and a block of 64 bytes (BIP 39).
  static func seed(mnemonic: String, passphrase: String) -> [UInt8] {
    let key = SymmetricKey(data: Array(mnemonic.utf8))
    var block = Array(
      HMAC<SHA512>.authenticationCode(for: Array("mnemonic\(passphrase)".utf8) + [0, 0, 0, 1], using: key))
    var seed = block
    for _ in 1..<2048 {
      block = Array(HMAC<SHA512>.authenticationCode(for: block, using: key))
      for index in seed.indices { seed[index] ^= block[index] }
    }
    return seed
  }
}
