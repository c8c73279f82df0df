import Contracts
import Crypto
import Foundation

/// The X25519 key to which supplier keys are sealed: 32 bytes in base64, in a file that only its owner can read.
struct SealingKeyFile: Sendable, CustomStringConvertible {
  enum Failure: Error, CustomStringConvertible {
    case unreadable(String)

    var description: String {
      switch self {
      case .unreadable(let path): "\(path) does not hold an X25519 key (32 bytes in base64)"
      }
    }
  }

  let privateKey: Curve25519.KeyAgreement.PrivateKey

  var description: String { "•••" }
  var publicKey: SealingKey {
    let bytes = privateKey.publicKey.rawRepresentation
    return SealingKey(keyID: KeyID.of([UInt8](bytes)), publicKey: bytes)
  }

  init(privateKey: Curve25519.KeyAgreement.PrivateKey) { self.privateKey = privateKey }

  /// Reads the file, or creates it. Of replicas that start together one creates it and all read the same key.
  init(path: String) throws {
    if !FileManager.default.fileExists(atPath: path) { try Self.create(path) }
    let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let bytes = Data(base64Encoded: text), bytes.count == 32 else { throw Failure.unreadable(path) }
    privateKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
  }

  /// Written whole under another name and then linked, which fails when another replica was first.
  private static func create(_ path: String) throws {
    let draft = "\(path).\(UUID().uuidString)"
    let text = Curve25519.KeyAgreement.PrivateKey().rawRepresentation.base64EncodedString() + "\n"
    guard
      FileManager.default.createFile(
        atPath: draft, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: draft]) }
    defer { unlink(draft) }
    if link(draft, path) != 0, errno != EEXIST {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
  }
}
