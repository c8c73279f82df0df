/// A secp256k1 key in locked memory (`SecretMemory`), zeroed when the last copy is gone. No description, dump or error
/// shows it, it has no JSON form, and comparing two takes the same time wherever they differ.
public struct PrivateKey: Sendable, Equatable {
  private let secret: SecretBytes
  /// Its point, computed once.
  public let publicKey: PublicKey

  /// Takes 32 bytes, big-endian.
  /// - Throws: `key_length`, `key_out_of_range`, `no_secret_memory`.
  public init(_ secret: SecretBytes) throws(KeyError) {
    guard secret.count == 32 else { throw KeyError.wrongLength(secret.count) }
    guard try Secp256k1.isValidKey(secret.bytes) else { throw KeyError.outOfRange }
    self.secret = secret
    publicKey = PublicKey(uncompressed: try Secp256k1.publicKey(of: secret.bytes))
  }

  /// Copies 32 bytes, big-endian; the source is the caller's to erase.
  public init(copying source: UnsafeRawBufferPointer) throws(KeyError) {
    guard source.count == 32 else { throw KeyError.wrongLength(source.count) }
    try self.init(SecretBytes(copying: source))
  }

  /// Takes 32 bytes, big-endian; the caller's copy is the caller's to erase.
  public init(bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 32 else { throw KeyError.wrongLength(bytes.count) }
    let secret = try SecretBytes(count: 32)
    secret.mutable.copyBytes(from: bytes)
    try self.init(secret)
  }

  /// Takes 64 digits, with or without 0x. The text is the caller's.
  public init(hex: String) throws(KeyError) {
    let digits = (hex.hasPrefix("0x") ? hex.dropFirst(2) : Substring(hex)).utf8
    let secret = try SecretBytes(count: 32)
    do throws(HexError) {
      try Hex.check(digits)
    } catch {
      throw KeyError.notHex(error)
    }
    guard digits.count == 64 else { throw KeyError.wrongLength(digits.count / 2) }
    Hex.decode(digits, into: secret.mutable)
    try self.init(secret)
  }

  /// A random key from the system's generator.
  public static func generate() throws(KeyError) -> PrivateKey {
    while true {
      let secret = try SecretBytes(count: 32)
      secret.fillRandomly()
      // One draw in 2^128 is out of range; draw again.
      if try Secp256k1.isValidKey(secret.bytes) { return try PrivateKey(secret) }
    }
  }

  public var address: TronAddress { publicKey.address }

  /// Signs 32 bytes as they are: deterministic (RFC 6979), low s, v 0 or 1.
  public func sign(_ digest32: [UInt8]) throws(KeyError) -> Signature {
    guard digest32.count == 32 else { throw KeyError.digestLength(digest32.count) }
    return try Signature(bytes: try Secp256k1.sign(digest: digest32, key: secret.bytes))
  }

  /// The key moved by 32 bytes, modulo the order (BIP 32). Nil where there is none.
  func tweaked(by tweak: UnsafePointer<UInt8>) throws(KeyError) -> PrivateKey? {
    let moved = try SecretBytes(count: 32)
    secret.withUnsafeBytes { moved.mutable.copyMemory(from: $0) }
    return try Secp256k1.tweakAdd(key: moved.bytes, tweak: tweak) ? PrivateKey(moved) : nil
  }

  /// Lends the 32 bytes, to seal them. They must not outlive the closure.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try secret.withUnsafeBytes(body)
  }

  public static func == (left: PrivateKey, right: PrivateKey) -> Bool { left.secret == right.secret }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
