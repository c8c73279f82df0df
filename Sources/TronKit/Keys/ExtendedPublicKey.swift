/// A BIP 32 public key: yields the addresses of a wallet without being able to spend from them. It is no secret, but
/// whoever has it sees all of the wallet's addresses.
public struct ExtendedPublicKey: Hashable, Sendable {
  /// The first index of hardened children, which need the private key.
  public static let hardenedFrom: UInt32 = 1 << 31
  private static let version: [UInt8] = [0x04, 0x88, 0xb2, 0x1e]  // "xpub"

  public let publicKey: PublicKey
  public let depth: UInt8
  /// A hint for wallets that takes no part in derivation; zeros in keys derived here, since it takes RIPEMD-160.
  public let parentFingerprint: [UInt8]
  public let childNumber: UInt32
  let chainCode: [UInt8]

  init(
    publicKey: PublicKey, chainCode: [UInt8], depth: UInt8, parentFingerprint: [UInt8], childNumber: UInt32
  ) {
    self.publicKey = publicKey
    self.chainCode = chainCode
    self.depth = depth
    self.parentFingerprint = parentFingerprint
    self.childNumber = childNumber
  }

  /// Reads `xpub…`.
  public init(parsing text: String) throws(KeyError) {
    let bytes: [UInt8]
    do throws(Base58Error) {
      bytes = try Base58.decodeChecked(text)
    } catch {
      throw KeyError.badExtendedKey
    }
    guard bytes.count == 78, Array(bytes.prefix(4)) == Self.version else { throw KeyError.badExtendedKey }
    self.init(
      publicKey: try PublicKey(bytes: Array(bytes[45...])), chainCode: Array(bytes[13..<45]), depth: bytes[4],
      parentFingerprint: Array(bytes[5..<9]), childNumber: bytes[9..<13].reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// `xpub…`
  public var text: String {
    let number = (0..<4).reversed().map { UInt8(truncatingIfNeeded: childNumber >> ($0 * 8)) }
    return Base58.encodeChecked(
      Self.version + [depth] + parentFingerprint + number + chainCode + publicKey.compressed)
  }

  public var address: TronAddress { publicKey.address }

  /// - Throws: for a hardened index, and for the rare index without a key: use the next one then.
  public func child(_ index: UInt32) throws(KeyError) -> ExtendedPublicKey {
    guard index < Self.hardenedFrom else { throw KeyError.hardened }
    guard depth < 255 else { throw KeyError.noChild }
    let (tweak, code) = HDDerivation.split(key: chainCode, publicKey.compressed + HDDerivation.bytes(of: index))
    guard let point = try Secp256k1.tweakAdd(publicKey: publicKey.uncompressed, tweak: tweak) else {
      throw KeyError.noChild
    }
    return ExtendedPublicKey(
      publicKey: PublicKey(uncompressed: point), chainCode: code, depth: depth + 1,
      parentFingerprint: [0, 0, 0, 0], childNumber: index)
  }
}

extension ExtendedPublicKey: CustomStringConvertible {
  public var description: String { "xpub…\(text.suffix(6))" }
}
