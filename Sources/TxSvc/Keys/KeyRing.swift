import Crypto
import Foundation
import TronKit

/// The master keys. The first encrypts; all of them can open, each what carries its key id.
///
/// Their bytes are in CryptoKit's own storage, which zeroes them when the last copy of the ring is gone.
struct KeyRing: Sendable, CustomStringConvertible {
  struct UnknownKey: Error, CustomStringConvertible {
    let keyID: String
    var description: String {
      "a supplier key is encrypted under master key \(keyID), not in ENERGY_MASTER_KEY_FILE: add its line back"
    }
  }

  enum Failure: Error, Equatable, CustomStringConvertible {
    case badLine(Int)
    case empty
    case twice(String)
    case tooMany(Int)

    var description: String {
      switch self {
      case .badLine(let line): "line \(line): a Fernet key is 32 bytes in base64url, 44 characters"
      case .empty: "it holds no key: give Fernet keys (32 bytes in base64url, 44 characters), one per line"
      case .twice(let keyID): "master key \(keyID) stands there twice: remove one of the lines"
      case .tooMany(let count): "it holds \(count) keys: give at most \(KeyRing.keysMax)"
      }
    }
  }

  static let keysMax = 64

  private let keys: [(id: String, fernet: Fernet)]
  var ids: [String] { keys.map(\.id) }
  var primaryID: String { keys[0].id }
  var description: String { "•••" }

  /// One Fernet key per line, the one to encrypt with first. The text never appears in an error; the caller erases it.
  init(_ text: UnsafeRawBufferPointer) throws(Failure) {
    var keys: [(id: String, fernet: Fernet)] = []
    let space = Set(" \t\r\n".utf8)
    let lines = text.split(omittingEmptySubsequences: true) { space.contains($0) }
    guard lines.count <= Self.keysMax else { throw .tooMany(lines.count) }
    for (index, line) in lines.enumerated() {
      let fernet: Fernet
      do throws(Fernet.Failure) {
        fernet = try Fernet(key: line)
      } catch {
        throw .badLine(index + 1)
      }
      let id = KeyID.of(line)
      guard !keys.contains(where: { $0.id == id }) else { throw .twice(id) }
      keys.append((id, fernet))
    }
    guard !keys.isEmpty else { throw .empty }
    self.keys = keys
  }

  init(text: String) throws(Failure) {
    var bytes = Array(text.utf8)
    defer { Erasure.erase(&bytes) }
    let ring: Result<KeyRing, Failure> = bytes.withUnsafeBytes { buffer in
      Result { () throws(Failure) in try KeyRing(buffer) }
    }
    self = try ring.get()
  }

  /// - Parameter keyID: the key to encrypt under; nil: the first.
  func seal(_ key: PrivateKey, at time: Date, under keyID: String? = nil) throws -> String {
    let fernet = try fernet(keyID ?? primaryID)
    return try key.withUnsafeBytes { try fernet.seal($0, at: time) }
  }

  /// The key lives until the last copy of the answer is gone, and is zeroed then.
  func open(_ token: String, keyID: String) throws -> PrivateKey {
    try fernet(keyID).open(token) { try PrivateKey(copying: $0) }
  }

  /// These keys, and behind them those of another ring that are not among them.
  func adding(_ other: KeyRing) -> KeyRing {
    KeyRing(keys: keys + other.keys.filter { key in !keys.contains { $0.id == key.id } })
  }

  private init(keys: [(id: String, fernet: Fernet)]) { self.keys = keys }

  private func fernet(_ keyID: String) throws(UnknownKey) -> Fernet {
    guard let key = keys.first(where: { $0.id == keyID }) else { throw UnknownKey(keyID: keyID) }
    return key.fernet
  }
}

/// Names a key without telling it: the first 8 bytes of its SHA-256.
enum KeyID {
  static func of(_ bytes: some Collection<UInt8>) -> String {
    var hash = SHA256()
    var bytes = Array(bytes)
    defer { Erasure.erase(&bytes) }
    hash.update(data: bytes)
    return Hex.encode(Array(hash.finalize().prefix(8)))
  }
}
