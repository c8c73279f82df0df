import Contracts
import Crypto
import Foundation

/// The X25519 keys to which supplier keys are sealed: 32 bytes in base64 each, one per line. A file that is made here
/// is its owner's alone; who may read one that was there before, nobody checks. The first is the one that is given out;
/// the others still open what is on its way.
struct SealingKeyFile: Sendable, CustomStringConvertible {
  enum Failure: Error, CustomStringConvertible {
    case unreadable

    var description: String { "it does not hold X25519 keys (32 bytes in base64, one per line, at most 16)" }
  }

  /// The keys of one content of the file.
  struct Keys: Sendable {
    fileprivate let keys: [Curve25519.KeyAgreement.PrivateKey]
    var ids: [String] { keys.map(SealingKeyFile.id) }
  }

  static let keysMax = 16

  /// Read again while the service runs.
  let file: KeyFile<Keys>

  var description: String { "•••" }
  /// The one that is given out.
  var publicKey: SealingKey {
    let key = file.keys.keys[0]
    return SealingKey(keyID: Self.id(key), publicKey: key.publicKey.rawRepresentation)
  }

  /// nil: no key of this id is in use.
  func privateKey(_ keyID: String) -> Curve25519.KeyAgreement.PrivateKey? {
    file.keys.keys.first { Self.id($0) == keyID }
  }

  init(privateKey: Curve25519.KeyAgreement.PrivateKey) {
    file = KeyFile("ENERGY_SEALING_KEY_FILE", fixed: Keys(keys: [privateKey]))
  }

  /// Reads the file, or creates it. Of replicas that start together one creates it and all read the same key.
  init(path: String) throws {
    if !FileManager.default.fileExists(atPath: path) { try Self.create(path) }
    file = try KeyFile("ENERGY_SEALING_KEY_FILE", path: path, parse: Self.parse)
  }

  private static func id(_ key: Curve25519.KeyAgreement.PrivateKey) -> String {
    KeyID.of(key.publicKey.rawRepresentation)
  }

  private static func parse(_ text: UnsafeRawBufferPointer) throws -> Keys {
    let space = Set(" \t\r\n".utf8)
    let lines = text.split(omittingEmptySubsequences: true) { space.contains($0) }
    guard (1...keysMax).contains(lines.count) else { throw Failure.unreadable }
    return Keys(
      keys: try lines.map { line in
        // The file is in the plain alphabet.
        var url = line.map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 }
        defer { Erasure.erase(&url) }
        guard var bytes = Base64URL.decode(url) else { throw Failure.unreadable }
        defer { Erasure.erase(&bytes) }
        guard bytes.count == 32 else { throw Failure.unreadable }
        return try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
      })
  }

  /// Written whole under another name and then linked, which fails when another replica was first.
  private static func create(_ path: String) throws {
    let draft = "\(path).\(UUID().uuidString)"
    var raw = Curve25519.KeyAgreement.PrivateKey().rawRepresentation
    defer { raw.withUnsafeMutableBytes { Erasure.erase($0) } }
    var text = raw.base64EncodedData()
    defer { text.withUnsafeMutableBytes { Erasure.erase($0) } }
    guard
      FileManager.default.createFile(atPath: draft, contents: text, attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: draft]) }
    defer { unlink(draft) }
    if link(draft, path) != 0, errno != EEXIST {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
  }
}
