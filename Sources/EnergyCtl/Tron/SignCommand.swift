import ArgumentParser
import Contracts
import Foundation
import TronKit

/// `tron sign`: signs a sweep plan where the keys are. Needs no network and no environment.
struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Check a sweep plan and sign its transactions, offline.",
    discussion: """
      With --xprv-file or --mnemonic-file the sweeps of deposits are signed; with --key-file, the treasury's key, the \
      transactions that activate and fund deposit addresses, which are recognised by --xpub-file. The whole plan is \
      checked each time, and nothing is written unless all of it is as it has to be. Send the file with \
      `energyctl tron broadcast`.
      """)
  @Option(help: "The file of `energyctl deposits sweep-plan`.") var plan: String
  @Option(help: "The treasury's address. A plan that sends anything elsewhere is refused.") var to: String
  @Option(
    name: .customLong("xprv-file"),
    help: "A file with an extended private key, or - for standard input; may be given more than once.")
  var xprvFiles: [String] = []
  @Option(help: "Instead: a file with the wallet's recovery phrase without a passphrase, or -.")
  var mnemonicFile: String?
  @Option(
    name: .customLong("account"),
    help: "The account of a whole wallet's key, 0 if not given; may be given more than once.")
  var accounts: [UInt32] = []
  @Option(help: "A file with the funder's private key (64 hex digits), or -.") var keyFile: String?
  @Option(
    name: .customLong("xpub-file"),
    help: "With --key-file: a file with wallet-svc's extended public key; may be given more than once.")
  var xpubFiles: [String] = []
  @Option(help: "The token's contract, on another network than TRON's main one.") var token: String?
  @Option(help: "What sweep-plan has printed, or its first 16 digits: a plan with another digest is refused.")
  var digest: String?
  @Option(help: "TRX that one transaction may burn for energy at most.") var maxFeeLimit = "50"
  @Option(help: "The file to write. Default: the plan's name and .sweep or .funding.") var out: String?
  @OptionGroup var confirmation: Confirmation

  func run() throws {
    do {
      try sign()
    } catch let refusal as SweepRefusal {
      writeError("\(refusal.code.rawValue): \(refusal)")
      writeError("nothing was signed")
      throw ExitCode.failure
    } catch let error as KeyError {
      writeError(Words.safe("\(error.code): \(error)"))
      writeError("nothing was signed")
      throw ExitCode.failure
    }
  }

  private func sign() throws {
    let treasury = try TronAddress(parsing: to)
    let out = out ?? plan + (keyFile == nil ? ".sweep" : ".funding")
    try checkOptions()
    try SweepFile.checkAbsent(out)
    let plan = try SweepPlan(decoding: try SweepFile.read(plan))
    let signer = try signer()
    let check = SignCheck(
      treasury: treasury, token: try token.map { try TronAddress(parsing: $0) }, digest: digest,
      feeLimitMax: try FeeLimit.parse(maxFeeLimit), keys: signer.keys, now: Date())
    let chosen = try signer.choose(plan, try check.check(plan))
    for line in signer.table(plan, chosen) { writeError(Words.safe(line)) }
    try confirmation.ask("Sign these \(chosen.count) transactions")
    let lines = try chosen.map { try signer.sign($0) }
    try SweepFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: out)
    writeError("\(lines.count) signed transactions are in \(out): send them with `energyctl tron broadcast \(out)`")
  }

  private func checkOptions() throws {
    let isOfDeposits = !xprvFiles.isEmpty || mnemonicFile != nil
    guard isOfDeposits != (keyFile != nil) else {
      throw ValidationError(
        "give either --xprv-file or --mnemonic-file, to sign sweeps, or --key-file, to sign what activates and funds")
    }
    guard (keyFile != nil) == !xpubFiles.isEmpty else {
      throw ValidationError(
        "--xpub-file goes with --key-file, and has to: by it the deposit addresses are recognised that are funded")
    }
    let inputs = (xprvFiles + xpubFiles + [mnemonicFile, keyFile].compactMap { $0 }).filter { $0 == "-" }
    guard inputs.count < 2 else { throw ValidationError("only one file can be standard input") }
    guard accounts.allSatisfy({ $0 < ExtendedPublicKey.hardenedFrom }) else {
      throw ValidationError("--account is at most \(ExtendedPublicKey.hardenedFrom - 1)")
    }
  }

  private func signer() throws -> PlanSigner {
    var keys = SignKeys()
    let accounts = accounts.isEmpty ? [0] : accounts
    for file in xprvFiles {
      try keys.add(try ExtendedPrivateKey(parsing: try SecretTextFile.read(file, "--xprv-file")), accounts: accounts)
    }
    if let mnemonicFile {
      let phrase = try SecretTextFile.read(mnemonicFile, "--mnemonic-file")
      try keys.add(try ExtendedPrivateKey(mnemonic: phrase), accounts: accounts)
    }
    for file in xpubFiles {
      let text = try SecretTextFile.read(file, "--xpub-file", isSecret: false)
      try keys.add(checking: try ExtendedPublicKey(parsing: text))
    }
    return PlanSigner(keys: keys, funder: try keyFile.map { try PrivateKey(hex: try KeyFile.read($0)) })
  }
}

/// Signs what was checked: sweeps with derived keys, or what activates and funds with the funder's.
struct PlanSigner: Sendable {
  struct Choice: Sendable {
    let transaction: SweepPlan.Transaction
    let raw: RawTransaction
  }

  let keys: SignKeys
  /// Nil: sweeps are signed.
  let funder: PrivateKey?

  /// - Parameter raws: as `SignCheck` has read them.
  /// - Throws: `SweepRefusal` where there is nothing for these keys.
  func choose(_ plan: SweepPlan, _ raws: [RawTransaction]) throws -> [Choice] {
    let all = zip(plan.transactions, raws).map { Choice(transaction: $0, raw: $1) }
    let chosen = all.filter { $0.transaction.purpose.isOfDeposits == (funder == nil) }
    guard !chosen.isEmpty else {
      throw SweepRefusal(.nothingToDo, "the plan has nothing that \(funder == nil ? "sweeps" : "activates or funds")")
    }
    if let funder, funder.address != plan.funder {
      throw SweepRefusal(.wrongKey, "the key is that of \(funder.address): the plan's funder is \(plan.funder)")
    }
    return chosen
  }

  /// - Returns: the signed transaction in hex.
  func sign(_ choice: Choice) throws -> String {
    let transaction = choice.transaction
    let key = try funder ?? keys.privateKey(transaction.fingerprint, transaction.index)
    guard key.address == choice.raw.contract.owner else {
      throw SweepRefusal(
        .wrongKey, "transaction \(transaction.number) is of \(transaction.from), the key of \(key.address)")
    }
    let signed = try choice.raw.signed(with: key)
    guard signed.id == transaction.txid, try signed.signers() == [transaction.from] else {
      throw SweepRefusal(.wrongKey, "the signature of transaction \(transaction.number) is not that of its sender")
    }
    return Hex.encode(signed.encoded())
  }

  /// What a person reads before saying yes; every figure is of the bytes that are signed.
  func table(_ plan: SweepPlan, _ chosen: [Choice]) -> [String] {
    var lines = [
      "plan \(plan.id), digest \(plan.digest)", "expires \(plan.expiresAt.ISO8601Format()), token \(plan.token)",
    ]
    for currency in Currency.allCases {
      let some = chosen.filter { $0.transaction.currency == currency }
      if some.isEmpty { continue }
      let sum = some.reduce(Int128(0)) { $0 + Int128($1.transaction.units) }
      let total = Int64(exactly: sum).map { Money($0, currency).description } ?? "more than can be counted"
      let receivers = Set(some.map(\.transaction.to))
      let to = receivers.count == 1 ? "\(some[0].transaction.to)" : "\(receivers.count) deposit addresses"
      lines.append("\(some.count) × \(currency.rawValue): \(total) to \(to)")
    }
    let burned = chosen.reduce(Int128(0)) { $0 + Int128($1.transaction.feeLimit.value) }
    lines.append("for energy they may burn at most \(Sun(Int64(clamping: burned)))")
    let others = plan.transactions.count - chosen.count
    if others > 0 {
      let option = funder == nil ? "--key-file" : "--xprv-file"
      lines.append("\(others) other transactions of the plan are signed with \(option)")
    }
    return lines
  }
}
