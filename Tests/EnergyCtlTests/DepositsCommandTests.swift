import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl deposits")
final class DepositsCommandTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "deposit-key-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(at: folder)
    } catch {
      Issue.record("\(folder.path) stays: \(error)")
    }
  }

  private func text(_ name: String, in place: URL) throws -> String {
    try String(contentsOf: place.appending(path: name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("a new key is three files for one's own eyes, of one wallet")
  func newKey() throws {
    let made = try NewDepositKey.parse(["--folder", folder.path]).make()
    let phrase = try RecoveryPhrase(parsing: try text("deposit-phrase", in: folder))
    #expect(phrase.wordCount == 24)
    let secret = try ExtendedPrivateKey(parsing: try text("deposit-xprv", in: folder))
    let xpub = try ExtendedPublicKey(parsing: try text("deposit-xpub", in: folder))
    #expect(try ExtendedPrivateKey(phrase: phrase).tronAddresses().publicKey == xpub)
    #expect(secret.publicKey == xpub)
    #expect(made.first == (try secret.child(0).key.address))
    #expect(made.fingerprint.count == 16)
    for name in ["deposit-phrase", "deposit-xprv", "deposit-xpub"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }

  @Test("a key that is there is never overwritten, not even by half")
  func neverOverwrites() throws {
    let xpub = folder.appending(path: "deposit-xpub")
    try Data("mine".utf8).write(to: xpub)
    #expect(throws: (any Error).self) { try NewDepositKey.parse(["--folder", folder.path]).make() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["deposit-xpub"])
    #expect(try text("deposit-xpub", in: folder) == "mine")
  }

  @Test("the same words make the same key, another account another, and no second file with the words")
  func fromPhrase() throws {
    let first = try NewDepositKey.parse(["--folder", folder.path, "--words", "12"]).make()
    let words = folder.appending(path: "deposit-phrase").path
    func again(_ arguments: String...) throws -> (NewDepositKey.Made, URL) {
      let place = folder.appending(path: UUID().uuidString)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      return (try NewDepositKey.parse(["--folder", place.path, "--phrase-file", words] + arguments).make(), place)
    }
    let (same, place) = try again()
    #expect(same.fingerprint == first.fingerprint)
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    #expect(files == ["deposit-xprv", "deposit-xpub"])
    let (other, _) = try again("--account", "1")
    #expect(other.fingerprint != first.fingerprint)
  }

  @Test("the fingerprint is that of the shared vectors' key, as the service shows it")
  func fingerprint() throws {
    let key = try ExtendedPrivateKey(mnemonic: "all all all all all all all all all all all all").tronAddresses()
    #expect(NewDepositKey.fingerprint(key.publicKey) == "bcd01b7b34e02c77")
  }

  @Test("refuses what cannot be meant", arguments: [
    ["list", "--state", "lost"], ["list", "--limit", "101"], ["list", "--customer", "ann"],
  ])
  func refuses(_ arguments: [String]) throws {
    let command = try #require(try DepositsCommand.parseAsRoot(arguments) as? DepositsCommand.List)
    #expect(throws: (any Error).self) { try command.query() }
  }

  @Test("a refusal may name where the coins go, which must be an address")
  func returnTo() throws {
    let id = String(repeating: "ab", count: 32)
    func refusal(_ arguments: String...) throws -> RefuseHeldDeposit {
      let action = OperatorAction(actor: "ann", reason: "spam", key: "k")
      return try DepositsCommand.Refuse.parse([id, "--reason", "spam"] + arguments).command(action)
    }
    #expect(try refusal().returnTo == nil)
    #expect(try refusal("--return-to", USDT.mainnet.base58).returnTo == USDT.mainnet)
    #expect(throws: (any Error).self) { try refusal("--return-to", "Tnobody") }
  }

  @Test("a key is given up by its fingerprint", arguments: [
    ("bcd01b7b34e02c77", true), ("bcd01b7b34e02c7", false), ("BCD01B7B34E02C77", false), ("../etc", false),
  ])
  func retire(_ fingerprint: String, _ isOne: Bool) throws {
    let action = OperatorAction(actor: "ann", reason: "stolen", key: "k")
    let parsed = try RetireDepositKeyCommand.parse([fingerprint, "--reason", "stolen"])
    #expect((try? parsed.command(action).fingerprint) == (isOne ? fingerprint : nil))
  }

  @Test("knows a deposit's id", arguments: [
    ("", true), ("/3", true), ("/internal/0", true), ("/TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t/7", true),
    ("/", false), ("/3/4/5", false),
    ("; drop", false),
  ])
  func ids(_ suffix: String, _ isOne: Bool) {
    let id = String(repeating: "ab", count: 32) + suffix
    #expect((try? DepositsCommand.Credit.check(id)) == (isOne ? id : nil))
  }
}
