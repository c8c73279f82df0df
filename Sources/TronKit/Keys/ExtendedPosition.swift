/// What an extended key has beside its key: where in the tree it stands, and the code from which children come.
struct ExtendedPosition: Hashable, Sendable {
  let depth: UInt8
  let parentFingerprint: [UInt8]
  let childNumber: UInt32
  let chainCode: [UInt8]

  static func root(chainCode: [UInt8]) -> ExtendedPosition {
    ExtendedPosition(depth: 0, parentFingerprint: [0, 0, 0, 0], childNumber: 0, chainCode: chainCode)
  }

  func child(_ index: UInt32, of key: PublicKey, chainCode: [UInt8]) throws(KeyError) -> ExtendedPosition {
    guard depth < 255 else { throw KeyError.noChild }
    return ExtendedPosition(
      depth: depth + 1, parentFingerprint: HDDerivation.fingerprint(of: key), childNumber: index, chainCode: chainCode)
  }

  /// The 41 bytes between the version and the key.
  var encoded: [UInt8] { [depth] + parentFingerprint + HDDerivation.bytes(of: childNumber) + chainCode }

  private init(depth: UInt8, parentFingerprint: [UInt8], childNumber: UInt32, chainCode: [UInt8]) {
    self.depth = depth
    self.parentFingerprint = parentFingerprint
    self.childNumber = childNumber
    self.chainCode = chainCode
  }

  /// Of the 78 bytes of an extended key. BIP 32: a root has no parent and no number.
  init(_ serialized: SecretBytes) throws(KeyError) {
    let bytes = serialized.mutable
    self.init(
      depth: bytes[4], parentFingerprint: Array(bytes[5..<9]),
      childNumber: bytes[9..<13].reduce(0) { $0 << 8 | UInt32($1) }, chainCode: Array(bytes[13..<45]))
    guard depth > 0 || (childNumber == 0 && parentFingerprint == [0, 0, 0, 0]) else { throw KeyError.badExtendedKey }
  }

  /// The 78 bytes of `xpub…` or `xprv…`.
  static func decoded(_ text: String, version: [UInt8]) throws(KeyError) -> SecretBytes {
    let serialized = try SecretBytes(count: 78)
    var isWhole = false
    do throws(Base58Error) {
      try Base58.withDecodedChecked(text) { bytes in
        guard bytes.count == 78 else { return }
        serialized.mutable.copyMemory(from: bytes)
        isWhole = true
      }
    } catch {
      throw KeyError.badExtendedKey
    }
    guard isWhole, serialized.mutable.prefix(4).elementsEqual(version) else { throw KeyError.badExtendedKey }
    return serialized
  }
}
