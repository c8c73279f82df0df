import ArgumentParser
import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl deposits sweep-plan")
struct SweepPlanTests {
  private let samples: SweepSamples
  private let folder: String

  init() throws {
    samples = try SweepSamples()
    folder = NSTemporaryDirectory() + "sweep-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  }

  private func command(_ arguments: String...) throws -> SweepPlanCommand {
    try SweepPlanCommand.parse(["--to", samples.treasury.base58, "--out", "\(folder)/plan"] + arguments)
  }

  @Test("writes what activates and funds first, then the sweeps, each with bytes that say the same")
  func order() throws {
    let plan = try samples.plan()
    #expect(plan.transactions.map(\.purpose) == [.activate, .fund, .sweep, .sweep, .sweep, .sweep])
    #expect(plan.transactions.map(\.currency) == [.trx, .trx, .usdt, .usdt, .usdt, .trx])
    #expect(plan.transactions.map(\.index) == [0, 1, 0, 1, 7, 7])
    #expect(plan.transactions.map(\.number) == Array(1...6))
    #expect(plan.transactions.allSatisfy { ($0.purpose.isOfDeposits ? $0.to : $0.from) == samples.treasury })
    #expect(plan.transactions[3].amount == "25.5 USDT")
    #expect(plan.transactions[3].path == "m/44'/195'/account'/0/1")
    #expect(Set(plan.transactions.map(\.txid)).count == 6)
    for transaction in plan.transactions {
      let inspection = try TransactionInspection(hex: transaction.rawDataHex)
      #expect(inspection.txid == transaction.txid)
      #expect(inspection.owner == transaction.from)
      #expect((inspection.tokenReceiver ?? inspection.receiver) == transaction.to)
      #expect((inspection.tokenAmount ?? inspection.balance?.value) == transaction.units)
      #expect(inspection.expiration == SweepSamples.headTimeMs + 12 * 3_600_000)
      #expect(inspection.signers.isEmpty)
    }
  }

  @Test("says in words what to do, what moves and what it costs")
  func words() throws {
    let plan = try samples.plan()
    #expect(plan.steps.count == 4)
    #expect(plan.totals.sweptUsdt == "137.5 USDT")
    #expect(plan.totals.sweptTrx == "19.38 TRX")
    // A sun creates an account; the bytes of one call.
    #expect(plan.totals.funding == "0.350001 TRX")
    // Activation and a transfer of the treasury's; two calls, one of them free, and a transfer of the addresses'.
    #expect(plan.totals.fees == "2.34 TRX")
    #expect(plan.totals.lending == "1.71 TRX")
    #expect(plan.orders.map(\.request.receiver) == [0, 1, 7].map { try? samples.xpub.child($0).address })
    #expect(Set(plan.orders.map(\.idempotencyKey)).count == 3)
    #expect(plan.orders.allSatisfy { $0.idempotencyKey.contains(plan.id) })
    let text = SweepPlanCommand.explanation(plan).joined(separator: "\n")
    for part in ["137.5 USDT", "19.38 TRX", samples.treasury.base58, samples.fingerprint] {
      #expect(text.contains(part), "\(part) in\n\(text)")
    }
  }

  @Test("is read back as it was written, with its orders as the REST API takes them")
  func roundTrip() throws {
    let plan = try samples.plan()
    let data = try plan.encoded()
    #expect(try SweepPlan(decoding: data) == plan)
    let tree = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let orders = try #require(tree["orders"] as? [[String: Any]])
    let request = try #require(orders[0]["request"] as? [String: Any])
    #expect(Set(request.keys) == ["receiver", "energy", "duration_seconds", "max_price_sun"])
  }

  @Test("ends before the limit, with whole addresses")
  func limit() throws {
    var settings = samples.settings
    settings.transactionsMax = 3
    // Two transactions each: the second address does not fit.
    let sources = try (0..<4).map { try samples.source($0, usdt: 50_000_000) }
    let draft = try samples.draft(of: sources, settings)
    #expect(draft.isFull)
    #expect(draft.transactionCount == 2)
    let funder = SweepSamples.balance(samples.treasury, trx: 0)
    let warnings = try SweepInquiry.warnings(draft, funder, isComplete: false)
    #expect(warnings.contains { $0.contains("make another plan") })
    #expect(warnings.contains { $0.contains("take 0.62 TRX: send it TRX first") })
    let rich = SweepSamples.balance(samples.treasury, trx: 620_000)
    #expect(try SweepInquiry.warnings(draft, rich, isComplete: true).count == 1)
  }

  @Test("is refused when nothing is worth it, and says why for each address")
  func nothing() throws {
    let draft = try samples.draft(of: try (0..<120).map { try samples.source($0, trx: 1_000, usdt: 9_000_000) })
    #expect(try SweepSamples.refusal { _ = try draft.plan(id: UUID(), createdAt: Date()) } == .nothingToDo)
    let lines = SweepPlanCommand.obstacles(draft)
    #expect(lines.count == 101)
    #expect(lines[0].contains(try samples.xpub.child(0).address.base58))
    #expect(lines[0].contains("9 USDT is less than --min-usdt 10"))
    #expect(lines[100] == "… and 140 more")
  }

  @Test("a deposit address cannot be the treasury, nor pay for sweeps")
  func ownAddress() throws {
    var settings = try SweepSettings(treasury: samples.xpub.child(3).address, funder: samples.treasury)
    #expect(try SweepSamples.refusal { _ = try samples.draft(of: [try samples.source(3)], settings) } == .otherTreasury)
    settings = try SweepSettings(treasury: samples.treasury, funder: samples.xpub.child(3).address)
    #expect(try SweepSamples.refusal { _ = try samples.draft(of: [try samples.source(3)], settings) } == .otherTreasury)
  }

  @Test("the treasury must be one of wallet-svc's, or nobody has told it any")
  func treasury() throws {
    func status(_ treasury: [TronAddress]) -> DepositStatusView {
      DepositStatusView(
        isOn: true, fingerprint: nil, generation: nil, free: 0, unconfirmed: 0, assigned: 0, watched: 0,
        treasury: treasury, minimums: [], held: 0, confirmedAt: nil)
    }
    let settings = samples.settings
    let other = try samples.xpub.child(900).address
    #expect(try SweepInquiry.judge(status([other, samples.treasury]), settings).isEmpty)
    #expect(try SweepInquiry.judge(status([]), settings).count == 1)
    #expect(try SweepSamples.refusal { _ = try SweepInquiry.judge(status([other]), settings) } == .otherTreasury)
    let foreign = SweepSettings(treasury: samples.treasury, funder: other)
    #expect(try SweepInquiry.judge(status([samples.treasury]), foreign).count == 1)
  }

  @Test("takes options as they are meant")
  func options() throws {
    let settings = try command(
      "--min-trx", "0.5", "--min-usdt", "3", "--keep-trx", "1.5", "--expires", "23h", "--max-transactions", "1000",
      "--energy", "burn", "--lend-for", "1d", "--max-fee-limit", "40", "--free-bandwidth", "--fund-from",
      try samples.xpub.child(5).address.base58
    ).settings()
    #expect(settings.minimum.trx == Sun(500_000))
    #expect(settings.minimum.usdt == 3_000_000)
    #expect(settings.keep == Sun(1_500_000))
    #expect(settings.lifetimeSeconds == 23 * 3_600)
    #expect(settings.transactionsMax == 1_000)
    #expect(settings.way == .burn)
    #expect(settings.lendSeconds == 86_400)
    #expect(settings.feeLimitMax == Sun(40_000_000))
    #expect(settings.countsFreeBandwidth)
    #expect(settings.funder != settings.treasury)
    #expect(try command().settings().funder == samples.treasury)
  }

  @Test("refuses options that cannot be", arguments: [
    ["--expires", "24h"], ["--expires", "1m"], ["--max-transactions", "1"], ["--max-transactions", "1001"],
    ["--energy", "steal"], ["--lend-for", "x"], ["--max-fee-limit", "0"], ["--max-fee-limit", "15001"],
    ["--min-trx", "-1"], ["--min-usdt", "1e3"], ["--keep-trx", "1.0000001"], ["--fund-from", "T"],
    ["--fund-from", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"],
  ])
  func badOptions(arguments: [String]) throws {
    #expect(throws: (any Error).self) {
      try SweepPlanCommand.parse(["--to", samples.treasury.base58, "--out", "x"] + arguments).settings()
    }
  }

  @Test("is written for its owner alone, whole, and never over another file")
  func file() throws {
    let path = "\(folder)/plan.json"
    try SweepFile.write(Data("one".utf8), to: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try SweepSamples.refusal { try SweepFile.write(Data("two".utf8), to: path) } == .file)
    #expect(try SweepSamples.refusal { try SweepFile.write(Data(), to: "\(folder)/none/plan") } == .file)
    #expect(try SweepFile.read(path) == Data("one".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["plan.json"])
    #expect(try SweepSamples.refusal { _ = try SweepFile.read("\(folder)/other") } == .file)
  }

  @Test("that exists is refused before anybody is asked")
  func exists() async throws {
    try SweepFile.write(Data(), to: "\(folder)/plan")
    let command = try command()
    await #expect(throws: ExitCode.failure) { try await command.run() }
  }
}
