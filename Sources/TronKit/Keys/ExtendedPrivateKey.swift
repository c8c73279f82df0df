/// A BIP 32 private key: yields every key of a wallet. TRON's wallets use the path `m/44'/195'/account'/0/index`.
public struct ExtendedPrivateKey: Sendable {
  private static let version: [UInt8] = [0x04, 0x88, 0xad, 0xe4]  // "xprv"

  /// The key at this place of the tree.
  public let key: PrivateKey
  private let position: ExtendedPosition

  private init(key: PrivateKey, position: ExtendedPosition) {
    self.key = key
    self.position = position
  }

  /// The master key of 16 to 64 random bytes.
  /// - Throws: `bad_seed`, or `key_out_of_range` for one seed in 2^127.
  public init(seed: SecretBytes) throws(KeyError) {
    guard (16...64).contains(seed.count) else { throw KeyError.badSeed }
    let halves = try HDDerivation.hmac(key: Array("Bitcoin seed".utf8), UnsafeRawBufferPointer(seed.mutable))
    let key = try PrivateKey(copying: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(halves.mutable)[..<32]))
    self.init(key: key, position: .root(chainCode: Array(halves.mutable[32...])))
  }

  /// Likewise; the caller's copy is the caller's to erase.
  public init(seed: [UInt8]) throws(KeyError) {
    let secret = try SecretBytes(count: seed.count)
    secret.mutable.copyBytes(from: seed)
    try self.init(seed: secret)
  }

  /// The master key of a recovery phrase.
  public init(phrase: RecoveryPhrase, passphrase: String = "") throws(KeyError) {
    try self.init(seed: try phrase.seed(passphrase: passphrase))
  }

  /// The master key of a recovery phrase given as text, which is checked as `RecoveryPhrase.init(parsing:)` does.
  public init(mnemonic: String, passphrase: String = "") throws(KeyError) {
    try self.init(phrase: try RecoveryPhrase(parsing: mnemonic), passphrase: passphrase)
  }

  /// Reads `xprv…`. The text is the caller's.
  /// - Throws: `bad_extended_key` for anything else, also for one of BIP 32's invalid keys.
  public init(parsing text: String) throws(KeyError) {
    let serialized = try ExtendedPosition.decoded(text, version: Self.version)
    let position = try ExtendedPosition(serialized)
    let bytes = UnsafeRawBufferPointer(serialized.mutable)
    guard bytes[45] == 0 else { throw KeyError.badExtendedKey }
    do throws(KeyError) {
      self.init(key: try PrivateKey(copying: UnsafeRawBufferPointer(rebasing: bytes[46...])), position: position)
    } catch {
      throw error == .outOfRange ? KeyError.badExtendedKey : error
    }
  }

  /// Lends `xprv…`, which is the wallet itself, to seal or write it down.
  public func withText<Result>(_ body: (String) throws -> Result) throws -> Result {
    let bytes = try SecretBytes(count: 78)
    bytes.mutable.copyBytes(from: Self.version + position.encoded)
    key.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes.mutable[46...]).copyMemory(from: $0) }
    return try body(Base58.encodeChecked(UnsafeRawBufferPointer(bytes.mutable)))
  }

  /// From `ExtendedPublicKey.hardenedFrom` on, children are hardened.
  /// - Throws: `no_child` for the rare index without a key, and below a depth of 255.
  public func child(_ index: UInt32) throws(KeyError) -> ExtendedPrivateKey {
    let isHardened = index >= ExtendedPublicKey.hardenedFrom
    let halves = try HDDerivation.hmac(chainCode: position.chainCode, index: index) { parent in
      guard isHardened else { return parent.copyBytes(from: key.publicKey.compressed) }
      // A zero byte stands before the private key.
      key.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: parent[1...]).copyMemory(from: $0) }
    }
    guard let child = try key.tweaked(by: halves.bytes) else { throw KeyError.noChild }
    return ExtendedPrivateKey(
      key: child, position: try position.child(index, of: key.publicKey, chainCode: Array(halves.mutable[32...])))
  }

  /// Follows a path such as `m/44'/195'/0'/0`.
  /// - Throws: `bad_path`, `no_child`.
  public func derived(path: String) throws(KeyError) -> ExtendedPrivateKey {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.first == "m", parts.count <= 256 else { throw KeyError.badPath }
    var key = self
    for part in parts.dropFirst() {
      let isHardened = part.hasSuffix("'")
      let digits = isHardened ? part.dropLast() : part
      guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let index = UInt32(digits),
        index < ExtendedPublicKey.hardenedFrom
      else { throw KeyError.badPath }
      key = try key.child(isHardened ? index + ExtendedPublicKey.hardenedFrom : index)
    }
    return key
  }

  /// `m/44'/195'/account'/0` of a master key: its children are the addresses that a wallet shows (SLIP 44: 195 is
  /// TRON). Its public key is what a service that only hands out addresses is given.
  public func tronAddresses(account: UInt32 = 0) throws(KeyError) -> ExtendedPrivateKey {
    try derived(path: "m/44'/195'/\(account)'/0")
  }

  /// Yields the same addresses, and no key.
  public var publicKey: ExtendedPublicKey { ExtendedPublicKey(publicKey: key.publicKey, position: position) }
}

extension ExtendedPrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
