#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A secp256k1 key. Its memory is zeroed when the last copy is gone; no description, dump or error shows it, and it
/// has no JSON form.
public struct PrivateKey: Sendable {
  /// Safe because the bytes are written before the object is shared and never after.
  private final class Storage: @unchecked Sendable {
    let bytes: UnsafeMutablePointer<UInt8>

    init(_ source: [UInt8]) {
      bytes = .allocate(capacity: 32)
      bytes.initialize(from: source, count: 32)
    }

    deinit {
      #if canImport(Glibc)
        explicit_bzero(bytes, 32)
      #else
        memset_s(bytes, 32, 0, 32)
      #endif
      bytes.deallocate()
    }
  }

  private let storage: Storage
  public let publicKey: PublicKey

  /// Takes 32 bytes, big-endian; the caller's copy is the caller's to erase.
  public init(bytes: [UInt8]) throws(KeyError) {
    guard bytes.count == 32 else { throw KeyError.wrongLength(bytes.count) }
    let storage = Storage(bytes)
    guard try Secp256k1.isValidKey(storage.bytes) else { throw KeyError.outOfRange }
    self.storage = storage
    publicKey = PublicKey(uncompressed: try Secp256k1.publicKey(of: storage.bytes))
  }

  /// Takes 64 digits, with or without 0x.
  public init(hex: String) throws(KeyError) {
    var bytes: [UInt8]
    do throws(HexError) {
      bytes = try Hex.decode(hex.hasPrefix("0x") ? hex.dropFirst(2) : Substring(hex))
    } catch {
      throw KeyError.notHex(error)
    }
    defer { for index in bytes.indices { bytes[index] = 0 } }
    try self.init(bytes: bytes)
  }

  /// A random key from the system's generator.
  public static func generate() throws(KeyError) -> PrivateKey {
    var generator = SystemRandomNumberGenerator()
    while true {
      let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
      do throws(KeyError) {
        return try PrivateKey(bytes: bytes)
      } catch {
        // One draw in 2^128 is out of range; draw again.
        guard error == .outOfRange else { throw error }
      }
    }
  }

  public var address: TronAddress { publicKey.address }

  /// Signs 32 bytes as they are: deterministic (RFC 6979), low s, v 0 or 1.
  public func sign(_ digest32: [UInt8]) throws(KeyError) -> Signature {
    guard digest32.count == 32 else { throw KeyError.digestLength(digest32.count) }
    return try Signature(bytes: try Secp256k1.sign(digest: digest32, key: storage.bytes))
  }

  /// The key moved by 32 bytes, modulo the order (BIP 32). Nil where there is none.
  func tweaked(by tweak: [UInt8]) throws(KeyError) -> PrivateKey? {
    guard var bytes = try Secp256k1.tweakAdd(key: storage.bytes, tweak: tweak) else { return nil }
    defer { for index in bytes.indices { bytes[index] = 0 } }
    return try PrivateKey(bytes: bytes)
  }

  /// Lends the 32 bytes, to seal them. They must not outlive the closure.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: storage.bytes, count: 32))
  }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
