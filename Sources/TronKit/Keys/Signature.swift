/// A recoverable ECDSA signature: r (32 bytes), s (32), v (1). v is kept as it came: 0 and 1 as nodes write it, or 27
/// and 28 as browser wallets do.
public struct Signature: Hashable, Sendable {
  /// 65 bytes.
  public let bytes: [UInt8]

  /// - Throws: `signature_length`, `signature_v`.
  public init(bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 65 else { throw KeyError.signatureLength(bytes.count) }
    guard bytes[64] <= 1 || bytes[64] == 27 || bytes[64] == 28 else { throw KeyError.recoveryByte(bytes[64]) }
    self.bytes = bytes
  }

  /// Reads 130 digits, with or without 0x, as wallets hand it to a page.
  /// - Throws: `signature_not_hex`, `signature_length`, `signature_v`.
  public init(hex: String) throws(KeyError) {
    let bytes: [UInt8]
    do throws(HexError) {
      bytes = try Hex.decode(hex.hasPrefix("0x") ? hex.dropFirst(2) : Substring(hex))
    } catch {
      throw KeyError.signatureNotHex(error)
    }
    try self.init(bytes: bytes)
  }

  /// 130 lower-case digits without 0x.
  public var hex: String { Hex.encode(bytes) }

  /// Whether s is at most half the order of the curve. Of the two signatures that differ only in the sign of s, this is
  /// the one that wallets and nodes make.
  public var hasLowS: Bool { !Self.halfOrder.lexicographicallyPrecedes(bytes[32..<64]) }

  private static let halfOrder: [UInt8] =
    [0x7f] + [UInt8](repeating: 0xff, count: 15) + [
      0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
    ]

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
