import Crypto
import Foundation
import TronKit

/// The master keys. The first encrypts; all of them can open, each what carries its key id.
struct KeyRing: Sendable, CustomStringConvertible {
  struct UnknownKey: Error, CustomStringConvertible {
    let keyID: String
    var description: String {
      "a supplier key is encrypted under master key \(keyID), not in ENERGY_MASTER_KEY_FILE: add its line back"
    }
  }

  private let keys: [(id: String, fernet: Fernet)]
  var primaryID: String { keys[0].id }
  var description: String { "•••" }

  /// One Fernet key per line, the one to encrypt with first. The file's text never appears in an error.
  init(text: String) throws(Fernet.Failure) {
    var keys: [(id: String, fernet: Fernet)] = []
    for line in text.split(whereSeparator: \.isWhitespace) {
      keys.append((KeyID.of(Array(line.utf8)), try Fernet(key: String(line))))
    }
    guard !keys.isEmpty else { throw .badKey }
    self.keys = keys
  }

  func seal(_ key: PrivateKey, at time: Date) throws -> String {
    var clear = key.withUnsafeBytes { [UInt8]($0) }
    defer { Erasure.erase(&clear) }
    return try keys[0].fernet.seal(clear, at: time)
  }

  /// The key lives until the last copy of the answer is gone, and is zeroed then.
  func open(_ token: String, keyID: String) throws -> PrivateKey {
    guard let key = keys.first(where: { $0.id == keyID }) else { throw UnknownKey(keyID: keyID) }
    var clear = try key.fernet.open(token)
    defer { Erasure.erase(&clear) }
    return try PrivateKey(bytes: clear)
  }
}

/// Names a key without telling it: the first 8 bytes of its SHA-256.
enum KeyID {
  static func of(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: bytes).prefix(8))) }
}

enum Erasure {
  static func erase(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      explicit_bzero(start, buffer.count)
    }
  }
}
