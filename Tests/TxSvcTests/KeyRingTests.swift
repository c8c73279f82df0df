import Contracts
import Crypto
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("Keys in files")
struct KeyRingTests {
  static let older = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

  @Test("a ring opens what an older master key sealed, and names a key that it lacks")
  func rotation() throws {
    let secret = try PrivateKey.generate()
    let before = try KeyRing(text: Self.older)
    let token = try before.seal(secret, at: Samples.now)
    let after = try KeyRing(text: "\(FernetTests.key)\n\(Self.older)\n")
    #expect(try after.open(token, keyID: before.primaryID).address == secret.address)
    #expect(after.primaryID != before.primaryID)
    #expect(after.ids == [after.primaryID, before.primaryID])
    #expect(throws: KeyRing.UnknownKey.self) {
      try KeyRing(text: FernetTests.key).open(token, keyID: before.primaryID)
    }
    #expect("\(after)" == "•••")
  }

  @Test("a ring seals under the key that is asked for")
  func sealsUnder() throws {
    let secret = try PrivateKey.generate()
    let ring = try KeyRing(text: "\(FernetTests.key)\n\(Self.older)\n")
    let token = try ring.seal(secret, at: Samples.now, under: ring.ids[1])
    #expect(try ring.open(token, keyID: ring.ids[1]).address == secret.address)
    #expect(throws: Fernet.Failure.self) { try ring.open(token, keyID: ring.ids[0]) }
  }

  @Test("what is wrong with a file is said by line, never by content", arguments: [
    ("", KeyRing.Failure.empty), (" \n\t\n", .empty), ("\(FernetTests.key)\nsecret-text", .badLine(2)),
    ("\(FernetTests.key)\n\(FernetTests.key)", .twice("9b7a0b5b4e1a8d0f")),
    (String(repeating: "x ", count: 65), .tooMany(65)),
  ] as [(String, KeyRing.Failure)])
  func badFile(text: String, failure: KeyRing.Failure) {
    do {
      _ = try KeyRing(text: text)
      Issue.record("it was taken")
    } catch {
      // The id of a key is its hash; which one does not matter here.
      if case .twice = failure, case .twice = error { return }
      #expect(error == failure)
      #expect(!"\(error)".contains("secret-text"))
    }
  }

  // MARK: - Files

  private func file(_ content: String) throws -> String {
    let path = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
    try #require(FileManager.default.createFile(atPath: path, contents: Data(content.utf8)))
    return path
  }

  @Test("a file is read again when it has changed, and not otherwise")
  func rereads() throws {
    let path = try file(Self.older)
    defer { unlink(path) }
    let keys = try KeyFile("FILE", path: path) { try KeyRing($0) }
    #expect(try keys.changed(isForced: false) == nil)
    #expect(try keys.changed(isForced: true)?.keys.ids == keys.keys.ids)
    try "\(FernetTests.key)\n\(Self.older)\n".write(toFile: path, atomically: true, encoding: .utf8)
    let (ring, stamp) = try #require(try keys.changed(isForced: false))
    #expect(ring.ids.count == 2)
    #expect(keys.keys.ids.count == 1, "not before it is put to use")
    keys.use(ring, stamp)
    #expect(keys.keys.ids == ring.ids)
    #expect(try keys.changed(isForced: false) == nil)
  }

  @Test("a file that cannot be used leaves the keys as they are, and is tried again until it can")
  func keeps() throws {
    let path = try file(FernetTests.key)
    defer { unlink(path) }
    let keys = try KeyFile("FILE", path: path) { try KeyRing($0) }
    try "broken".write(toFile: path, atomically: true, encoding: .utf8)
    for _ in 0..<2 { #expect(throws: KeyRing.Failure.badLine(1)) { try keys.changed(isForced: false) } }
    #expect(keys.refuse("broken"))
    #expect(!keys.refuse("broken"), "the same again is no news")
    #expect(keys.problem == "broken")
    #expect(keys.keys.ids.count == 1)
    unlink(path)
    #expect(throws: SecretFile.Failure.self) { try keys.changed(isForced: false) }
    try FernetTests.key.write(toFile: path, atomically: true, encoding: .utf8)
    let (ring, stamp) = try #require(try keys.changed(isForced: false))
    keys.use(ring, stamp)
    #expect(keys.problem == nil)
  }

  @Test("a file longer than any key file is refused")
  func tooLong() throws {
    let path = try file(String(repeating: "x", count: SecretFile.bytesMax + 1))
    defer { unlink(path) }
    #expect(throws: SecretFile.Failure.tooLong(path)) { try KeyFile("FILE", path: path) { try KeyRing($0) } }
  }

  @Test("a file that lacks a key which supplier keys need is not put to use: what is lost is named and counted")
  func losesNothing() throws {
    let (old, new) = (try KeyRing(text: Self.older), try KeyRing(text: FernetTests.key))
    let uses = [old.primaryID: 3]
    #expect(
      KeyWatch.lost(of: uses, from: old, to: new) == [
        "master key \(old.primaryID), under which 3 supplier keys are encrypted"
      ])
    #expect(KeyWatch.lost(of: [new.primaryID: 3], from: old, to: new) == [], "nothing needs it any more")
    #expect(KeyWatch.lost(of: uses, from: new, to: new) == [], "it was not there before either")
  }

  @Test("the sealing key is made once, readable by its owner only, and read again")
  func sealingKey() throws {
    let path = NSTemporaryDirectory() + "sealing-\(UUID().uuidString)"
    defer { unlink(path) }
    let first = try SealingKeyFile(path: path)
    let second = try SealingKeyFile(path: path)
    #expect(first.publicKey == second.publicKey)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("an older sealing key still opens what is on its way; a new one is given out")
  func sealingRotation() throws {
    let (old, new) = (Curve25519.KeyAgreement.PrivateKey(), Curve25519.KeyAgreement.PrivateKey())
    let path = try file("\(old.rawRepresentation.base64EncodedString())\n")
    defer { unlink(path) }
    let file = try SealingKeyFile(path: path)
    let before = file.publicKey
    let lines = [new, old].map { $0.rawRepresentation.base64EncodedString() }
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let (keys, stamp) = try #require(try file.file.changed(isForced: false))
    file.file.use(keys, stamp)
    #expect(file.publicKey.publicKey == new.publicKey.rawRepresentation)
    #expect(file.privateKey(before.keyID)?.rawRepresentation == old.rawRepresentation)
    #expect(file.privateKey("0000000000000000") == nil)
  }

  @Test("a process that holds secrets writes no core dump and cannot be read by others of its user")
  func secrecy() throws {
    try ProcessSecrecy.apply()
    // The other tests of this process may look at it.
    defer { _ = ProcessSecrecy.dumpable(set: true) }
    #expect(ProcessSecrecy.dumpable(set: nil) == 0)
    let limits = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
    #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
  }
}
