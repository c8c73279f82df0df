import ArgumentParser
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl tron sign", .timeLimit(.minutes(5)))
struct SignCommandTests {
  private let samples: SweepSamples
  private let folder: String
  /// Written now: the command has no clock but the machine's.
  private let plan: SweepPlan

  init() throws {
    samples = try SweepSamples()
    folder = NSTemporaryDirectory() + "sign-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let head = Int64(Date().timeIntervalSince1970) * 1000
    let reference = SweepSamples.reference()
    var draft = try SweepDraft(
      samples.settings,
      TransactionReferenceView(
        referenceBlock: reference.referenceBlock, headTimeMs: head, token: reference.token,
        energyFee: reference.energyFee, bandwidthFee: reference.bandwidthFee, accountFee: reference.accountFee,
        accountBandwidthFee: reference.accountBandwidthFee, feeLimitMax: reference.feeLimitMax,
        freeBandwidth: reference.freeBandwidth), SweepSamples.products)
    try draft.add(try samples.source(0, usdt: 100_000_000, isActivated: false))
    try draft.add(try samples.source(41, trx: 20_000_000, usdt: 12_000_000))
    plan = try draft.plan(id: UUID(), createdAt: Date())
    try SweepFile.write(try plan.encoded(), to: "\(folder)/plan")
  }

  private func file(_ name: String, _ text: String) throws -> String {
    let path = "\(folder)/\(name)"
    try SweepFile.write(Data(text.utf8), to: path)
    return path
  }

  private func sign(_ arguments: [String]) throws {
    let command = try #require(
      try EnergyCtl.parseAsRoot(
        ["tron", "sign", "--plan", "\(folder)/plan", "--to", samples.treasury.base58, "--yes"] + arguments)
        as? SignCommand)
    try command.run()
  }

  private func xprv(_ key: ExtendedPrivateKey) throws -> String { try key.withText { String($0) } }

  private func lines(_ name: String) throws -> [String] {
    String(decoding: try SweepFile.read("\(folder)/\(name)"), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("signs the sweeps with any key from which the deposit addresses come", arguments: [
    "wallet", "account", "chain",
  ])
  func sweeps(level: String) throws {
    let key =
      switch level {
      case "wallet": samples.wallet
      case "account": try samples.wallet.derived(path: "m/44'/195'/0'")
      default: samples.deposits
      }
    try sign(["--xprv-file", try file("xprv", try xprv(key) + "\n"), "--digest", plan.digest])
    let signed = try lines("plan.sweep").map { try SignedTransaction(decoding: try Hex.decode($0)) }
    let sweeps = plan.transactions.filter { $0.purpose == .sweep }
    #expect(signed.map(\.id) == sweeps.map(\.txid))
    #expect(try signed.map { try $0.signers() } == sweeps.map { [$0.from] })
    let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/plan.sweep")[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("signs with the wallet's recovery phrase, and what activates with the funder's key")
  func phraseAndFunder() throws {
    let phrase = try file("phrase", SweepSamples.phrase)
    try sign(["--mnemonic-file", phrase, "--out", "\(folder)/a"])
    #expect(try lines("a").count == 3)
    // Another account of the same wallet has other addresses.
    #expect(throws: ExitCode.failure) {
      try sign(["--mnemonic-file", phrase, "--account", "1", "--out", "\(folder)/b"])
    }
    try sign(["--mnemonic-file", phrase, "--account", "1", "--account", "0", "--out", "\(folder)/c"])
    #expect(try lines("c") == lines("a"))
    let funder = try file("funder", samples.treasuryKey.withUnsafeBytes { Hex.encode($0) })
    try sign(["--key-file", funder, "--xpub-file", try file("xpub", samples.xpub.text)])
    let signed = try lines("plan.funding").map { try SignedTransaction(decoding: try Hex.decode($0)) }
    #expect(signed.map(\.id) == [plan.transactions[0].txid])
    #expect(try signed[0].signers() == [samples.treasury])
  }

  @Test("other implementations read the same transactions and find the same signers")
  func tronpy() async throws {
    try sign(["--xprv-file", try file("xprv", try xprv(samples.wallet))])
    struct Reading: Decodable {
      let txid: String
      let type: String
      let signers: [String]
      let owner_address: String
      let to_address: String?
      let contract_address: String?
      let amount: Int64?
      let data: String?
      let fee_limit: Int64
      let expiration: Int64
    }
    let input = String(decoding: try JSONEncoder().encode(try lines("plan.sweep")), as: UTF8.self)
    let output = try await Python.run("tronpy_verify.py", input: input)
    let readings = try JSONDecoder().decode([Reading].self, from: Data(output.utf8))
    let sweeps = plan.transactions.filter { $0.purpose == .sweep }
    #expect(readings.map(\.txid) == sweeps.map(\.txid.hex))
    #expect(readings.map(\.signers) == sweeps.map { [$0.from.base58] })
    #expect(readings.map(\.owner_address) == sweeps.map(\.from.base58))
    #expect(readings.map(\.fee_limit) == sweeps.map(\.feeLimit.value))
    #expect(readings.allSatisfy { $0.expiration == plan.expirationMs })
    for (reading, sweep) in zip(readings, sweeps) {
      guard sweep.currency == .usdt else {
        #expect(reading.to_address == samples.treasury.base58)
        #expect(reading.amount == sweep.units)
        continue
      }
      #expect(reading.contract_address == USDT.mainnet.base58)
      let words = "a9059cbb" + String(repeating: "0", count: 24) + samples.treasury.hex.dropFirst(2)
      let amount = String(sweep.units, radix: 16)
      #expect(reading.data == words + String(repeating: "0", count: 64 - amount.count) + amount)
    }
  }

  @Test("private keys sign for what the public key handed out, in every account")
  func derivation() throws {
    for account in [0, 1, 7] as [UInt32] {
      let chain = try samples.wallet.tronAddresses(account: account)
      var keys = SignKeys()
      try keys.add(samples.wallet, accounts: [account])
      let fingerprint = SignKeys.fingerprint(of: chain.publicKey)
      for index in [0, 1, 499, 65_536, Int64(ExtendedPublicKey.hardenedFrom) - 1] {
        let key = try keys.privateKey(fingerprint, index)
        #expect(try keys.address(fingerprint, index) == key.address)
      }
      for index in [-1, Int64(ExtendedPublicKey.hardenedFrom), .max] {
        #expect(throws: SweepRefusal.self) { try keys.address(fingerprint, index) }
      }
    }
    // Published for this phrase; the fingerprint computed by another program.
    let keys = try samples.keys()
    #expect(samples.fingerprint == "bcd01b7b34e02c77")
    #expect(try keys.address(samples.fingerprint, 0).base58 == "TY72iA3SBtrds3QLYsS7LwYfkzXwAXCRWT")
    #expect(try keys.address(samples.fingerprint, 1).base58 == "TFz2CJn9CJb8C4i1Gke3jmZX2fRMJxniH2")
  }

  @Test("writes nothing at all unless everything is as it has to be")
  func allOrNothing() throws {
    let xprv = try file("xprv", try xprv(samples.wallet))
    let xpub = try file("xpub", samples.xpub.text)
    let stranger = try PrivateKey(bytes: [UInt8](repeating: 9, count: 32))
    let key = try file("key", stranger.withUnsafeBytes { Hex.encode($0) })
    for arguments in [
      ["--xprv-file", xprv, "--digest", String(repeating: "0", count: 64)],
      ["--xprv-file", xprv, "--max-fee-limit", "1"], ["--xprv-file", xprv, "--token", USDT.nile.base58], ["--key-file", key, "--xpub-file", xpub],
      ["--xprv-file", xpub], ["--key-file", key, "--xpub-file", xprv],
    ] {
      #expect(throws: ExitCode.failure, "\(arguments)") { try sign(arguments) }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(Set(names) == ["plan", "xprv", "xpub", "key"])
    try sign(["--xprv-file", xprv])
    // And never over what was signed before.
    #expect(throws: ExitCode.failure) { try sign(["--xprv-file", xprv]) }
  }

  @Test("refuses keys that do not go together", arguments: [
    [], ["--xprv-file", "x", "--key-file", "k"], ["--key-file", "k"], ["--xpub-file", "p"],
    ["--xprv-file", "x", "--xpub-file", "p"], ["--xprv-file", "-", "--mnemonic-file", "-"],
    ["--xprv-file", "x", "--account", "2147483648"], ["--xprv-file", "/nonexistent/file"],
    ["--xprv-file", "xprv9s21ZrQH143K"], ["--mnemonic-file", SweepSamples.phrase],
  ])
  func badOptions(arguments: [String]) { #expect(throws: ValidationError.self) { try sign(arguments) } }

  @Test("never shows a secret, whatever is wrong with it", arguments: [
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3T",
    "all all all all all all all all all all all zoo",
  ])
  func secrets(text: String) throws {
    for option in ["--xprv-file", "--mnemonic-file"] {
      let path = try file(option, text)
      let said = said { try samples.keysFrom(path, option) }
      #expect(!said.isEmpty)
      #expect(!said.contains(text.prefix(12)) && !said.contains("zoo"))
      #expect(!self.said { _ = try SecretTextFile.read(text, option) }.contains(text.prefix(12)))
    }
    var keys = SignKeys()
    try keys.add(samples.wallet, accounts: [0])
    var dumped = ""
    dump(keys, to: &dumped)
    #expect(!dumped.contains("xprv"))
  }

  /// What the person sees of an error.
  private func said(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return EnergyCtl.message(for: error) + EnergyCtl.fullMessage(for: error) + "\(error)" }
  }

  @Test("a key from another place of the tree is refused")
  func misplaced() throws {
    for path in ["m/44'", "m/44'/195'", "m/44'/195'/0'/1", "m/44'/195'/0'/0/0"] {
      var keys = SignKeys()
      let key = try samples.wallet.derived(path: path)
      #expect(try SweepSamples.refusal { try keys.add(key, accounts: [0]) } == .wrongKey)
      #expect(try SweepSamples.refusal { try keys.add(checking: key.publicKey) } == .wrongKey)
    }
    var keys = SignKeys()
    #expect(try SweepSamples.refusal { try keys.add(checking: samples.wallet.publicKey) } == .wrongKey)
    try keys.add(checking: try samples.wallet.derived(path: "m/44'/195'/0'").publicKey)
    #expect(keys.publicKeys[samples.fingerprint] == samples.xpub)
    #expect(try SweepSamples.refusal { _ = try keys.privateKey(samples.fingerprint, 0) } == .wrongKey)
  }
}

extension SweepSamples {
  /// As the command reads them.
  func keysFrom(_ path: String, _ option: String) throws {
    var keys = SignKeys()
    let text = try SecretTextFile.read(path, option)
    let key = option == "--xprv-file" ? try ExtendedPrivateKey(parsing: text) : try ExtendedPrivateKey(mnemonic: text)
    try keys.add(key, accounts: [])
  }
}
