/// A BIP 32 private key. TRON's wallets use the path `m/44'/195'/account'/0/index`.
public struct ExtendedPrivateKey: Sendable {
  public let key: PrivateKey
  private let chainCode: [UInt8]
  private let depth: UInt8
  private let childNumber: UInt32

  private init(key: PrivateKey, chainCode: [UInt8], depth: UInt8, childNumber: UInt32) {
    self.key = key
    self.chainCode = chainCode
    self.depth = depth
    self.childNumber = childNumber
  }

  /// The master key of 16 to 64 random bytes.
  public init(seed: [UInt8]) throws(KeyError) {
    guard (16...64).contains(seed.count) else { throw KeyError.badSeed }
    let (bytes, code) = HDDerivation.split(key: Array("Bitcoin seed".utf8), seed)
    self.init(key: try PrivateKey(bytes: bytes), chainCode: code, depth: 0, childNumber: 0)
  }

  /// The master key of a recovery phrase (BIP 39). The words are not checked against a list and must be in their
  /// normal form (NFKD), as English words are.
  public init(mnemonic: String, passphrase: String = "") throws(KeyError) {
    try self.init(seed: HDDerivation.seed(mnemonic: mnemonic, passphrase: passphrase))
  }

  /// From `ExtendedPublicKey.hardenedFrom` on, children are hardened.
  public func child(_ index: UInt32) throws(KeyError) -> ExtendedPrivateKey {
    guard depth < 255 else { throw KeyError.noChild }
    let isHardened = index >= ExtendedPublicKey.hardenedFrom
    let parent = isHardened ? [0] + key.withUnsafeBytes { Array($0) } : key.publicKey.compressed
    let (tweak, code) = HDDerivation.split(key: chainCode, parent + HDDerivation.bytes(of: index))
    guard let child = try key.tweaked(by: tweak) else { throw KeyError.noChild }
    return ExtendedPrivateKey(key: child, chainCode: code, depth: depth + 1, childNumber: index)
  }

  /// Follows a path such as `m/44'/195'/0'/0`.
  public func derived(path: String) throws(KeyError) -> ExtendedPrivateKey {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.first == "m", parts.count <= 256 else { throw KeyError.badPath }
    var key = self
    for part in parts.dropFirst() {
      let isHardened = part.hasSuffix("'")
      guard let index = UInt32(isHardened ? part.dropLast() : part), index < ExtendedPublicKey.hardenedFrom else {
        throw KeyError.badPath
      }
      key = try key.child(isHardened ? index + ExtendedPublicKey.hardenedFrom : index)
    }
    return key
  }

  public var publicKey: ExtendedPublicKey {
    ExtendedPublicKey(
      publicKey: key.publicKey, chainCode: chainCode, depth: depth, parentFingerprint: [0, 0, 0, 0],
      childNumber: childNumber)
  }
}

extension ExtendedPrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
