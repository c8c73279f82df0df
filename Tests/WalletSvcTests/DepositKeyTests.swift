import BusKit
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("The key of deposit addresses")
struct DepositKeyTests {
  @Test("yields the addresses of 1,000 private keys, which it does not have")
  func sameAddresses() throws {
    let secret = try ExtendedPrivateKey(mnemonic: DepositWorld.phrase).tronAddresses()
    let key = try DepositKey(parsing: secret.publicKey.text)
    let addresses = try key.addresses(from: 0, count: 1_000)
    #expect(addresses.count == 1_000)
    for (index, address) in addresses {
      #expect(try secret.child(UInt32(index)).key.address == address)
    }
    // The first two addresses of the shared vectors.
    #expect(addresses[0].address.base58 == "TY72iA3SBtrds3QLYsS7LwYfkzXwAXCRWT")
    #expect(addresses[1].address.base58 == "TFz2CJn9CJb8C4i1Gke3jmZX2fRMJxniH2")
  }

  @Test("ends with the last index that needs no private key")
  func end() throws {
    let last = Int64(ExtendedPublicKey.hardenedFrom) - 1
    #expect(try DepositWorld.key().addresses(from: last, count: 5).map(\.index) == [last])
    #expect(try DepositWorld.key().addresses(from: last + 1, count: 5).isEmpty)
  }

  @Test("has another fingerprint for each account")
  func fingerprints() throws {
    let (first, second) = (try DepositWorld.key(), try DepositWorld.key(account: 1))
    #expect(first.fingerprint.count == 16)
    #expect(first.fingerprint != second.fingerprint)
  }

  @Test("is read from its file; the private one, and one of another place of the tree, are refused without being shown")
  func settings() throws {
    let master = try ExtendedPrivateKey(mnemonic: DepositWorld.phrase)
    let secret = try master.tronAddresses()
    let xprv = try secret.withText { $0 }
    #expect(try read(secret.publicKey.text).settings.key == DepositKey(secret.publicKey))
    let refused = try read(xprv).mistakes
    #expect(refused.count == 1)
    #expect(refused.first?.contains("extended private key where the public one belongs") == true)
    #expect(refused.first?.contains(xprv) == false)
    let misplaced = try read(try master.derived(path: "m/44'/195'/0'").publicKey.text).mistakes
    #expect(misplaced.first?.contains("depth 3") == true)
    #expect(try read("xpub").mistakes.count == 1)
    #expect(try read(nil).mistakes.isEmpty)
    #expect(try read(nil).settings.key == nil)
  }

  @Test("the owner's own addresses are checked, each")
  func treasury() throws {
    let variables = ["ENERGY_TREASURY_ADDRESSES": " \(USDT.mainnet.base58), \(USDT.nile.base58) ,"]
    #expect(try read(nil, variables).settings.treasury == [USDT.mainnet, USDT.nile])
    let twice = ["ENERGY_TREASURY_ADDRESSES": "\(USDT.mainnet.base58),\(USDT.mainnet.base58)"]
    #expect(try read(nil, twice).mistakes.first?.contains("twice") == true)
    #expect(try read(nil, ["ENERGY_TREASURY_ADDRESSES": "T123"]).mistakes.count == 1)
  }

  @Test("the least that is credited can be set")
  func minimums() throws {
    let variables = ["ENERGY_DEPOSIT_SUN_MIN": "5", "ENERGY_DEPOSIT_USDT_MIN": "6"]
    let rules = try read(nil, variables).settings.rules
    #expect((rules.sunMin, rules.usdtMin, rules.token) == (5, 6, USDT.nile))
    #expect(try read(nil, ["ENERGY_DEPOSIT_SUN_MIN": "0"]).mistakes.count == 1)
  }

  private func read(
    _ content: String?, _ variables: [String: String] = [:]
  ) throws -> (settings: DepositSettings, mistakes: [String]) {
    let file = FileManager.default.temporaryDirectory.appending(path: "xpub-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    var variables = variables
    if let content {
      try Data("\(content)\n".utf8).write(to: file)
      variables["ENERGY_DEPOSIT_XPUB_FILE"] = file.path
    }
    var reader = EnvironmentReader(variables)
    let settings = DepositSettings.read(&reader, token: USDT.nile)
    return (settings, reader.mistakes)
  }
}
