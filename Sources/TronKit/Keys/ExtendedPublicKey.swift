/// A BIP 32 public key: yields the addresses of a wallet without being able to spend from them. It is no secret, but
/// whoever has it sees all of the wallet's addresses, and together with one private key below it, it gives away the
/// private keys of all.
public struct ExtendedPublicKey: Hashable, Sendable {
  /// The first index of hardened children, which need the private key.
  public static let hardenedFrom: UInt32 = 1 << 31
  private static let version: [UInt8] = [0x04, 0x88, 0xb2, 0x1e]  // "xpub"

  /// The key at this place of the tree.
  public let publicKey: PublicKey
  private let position: ExtendedPosition

  /// 0 for a master key.
  public var depth: UInt8 { position.depth }
  /// The first 4 bytes of the hash of the parent; a hint for wallets that takes no part in derivation.
  public var parentFingerprint: [UInt8] { position.parentFingerprint }
  /// Which child of its parent it is; 0 for a master key.
  public var childNumber: UInt32 { position.childNumber }

  init(publicKey: PublicKey, position: ExtendedPosition) {
    self.publicKey = publicKey
    self.position = position
  }

  /// Reads `xpub…`.
  /// - Throws: `bad_extended_key` for anything else, also for one of BIP 32's invalid keys; `private_extended_key` for
  ///   `xprv…`, which must not be where a public one belongs.
  public init(parsing text: String) throws(KeyError) {
    guard !text.hasPrefix("xprv") else { throw KeyError.privateExtendedKey }
    let serialized = try ExtendedPosition.decoded(text, version: Self.version)
    let position = try ExtendedPosition(serialized)
    do throws(KeyError) {
      self.init(publicKey: try PublicKey(bytes: Array(serialized.mutable[45...])), position: position)
    } catch {
      throw error == .badPublicKey ? KeyError.badExtendedKey : error
    }
  }

  /// `xpub…`
  public var text: String { Base58.encodeChecked(Self.version + position.encoded + publicKey.compressed) }

  /// Of the key itself.
  public var address: TronAddress { publicKey.address }

  /// - Throws: `hardened_child`, and `no_child` for the rare index without a key: use the next one then.
  public func child(_ index: UInt32) throws(KeyError) -> ExtendedPublicKey {
    guard index < Self.hardenedFrom else { throw KeyError.hardened }
    let halves = try HDDerivation.hmac(chainCode: position.chainCode, index: index) { parent in
      parent.copyBytes(from: publicKey.compressed)
    }
    guard let point = try Secp256k1.tweakAdd(publicKey: publicKey.uncompressed, tweak: halves.bytes) else {
      throw KeyError.noChild
    }
    return ExtendedPublicKey(
      publicKey: PublicKey(uncompressed: point),
      position: try position.child(index, of: publicKey, chainCode: Array(halves.mutable[32...])))
  }
}

extension ExtendedPublicKey: CustomStringConvertible {
  public var description: String { "xpub…\(text.suffix(6))" }
}
