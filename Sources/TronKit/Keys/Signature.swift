/// A recoverable ECDSA signature: r (32 bytes), s (32), v (1). v is kept as it came: 0 and 1 as nodes write it, or 27
/// and 28 as browser wallets do.
public struct Signature: Hashable, Sendable {
  /// 65 bytes.
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 65 else { throw KeyError.signatureLength(bytes.count) }
    guard [0, 1, 27, 28].contains(bytes[64]) else { throw KeyError.recoveryByte(bytes[64]) }
    self.bytes = bytes
  }

  var recovery: UInt8 { bytes[64] >= 27 ? bytes[64] - 27 : bytes[64] }
}

/// The address whose key made this signature of a 32-byte digest. Some address comes out for nearly any signature: what
/// matters is whether it is the expected one.
public func recoverSigner(digest: [UInt8], signature: Signature) throws(KeyError) -> TronAddress {
  guard digest.count == 32 else { throw KeyError.digestLength(digest.count) }
  let key = try Secp256k1.recover(
    digest: digest, rs: Array(signature.bytes.prefix(64)), recovery: signature.recovery)
  return PublicKey(uncompressed: key).address
}
