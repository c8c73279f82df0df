import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

/// `deposits sweep-plan`: what would bring customers' deposits to the treasury, for somebody with the keys to sign.
struct SweepPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep-plan",
    abstract: "Write unsigned transactions that move customers' deposits to the treasury.",
    discussion: """
      Nothing moves: the file is checked and signed by `energyctl tron sign` on a machine without a network, and sent \
      by `energyctl tron broadcast`. Only one plan at a time should be under way. See docs/money.md.
      """)
  @Option(help: "The treasury's address, where all of it goes.") var to: String
  @Option(help: "Whose TRX pays for activating and funding addresses. Default: the treasury.") var fundFrom: String?
  @Option(help: "TRX that is worth a sweep.") var minTrx = "5"
  @Option(help: "USDT that is worth a sweep.") var minUsdt = "10"
  @Option(help: "TRX to leave on each address from which TRX is swept, for later fees.") var keepTrx = "0"
  @Option(help: "How long the transactions may be used, at most 23h.") var expires = "12h"
  @Option(help: "The most transactions in the plan, 2 to 1000.") var maxTransactions = 200
  @Option(help: "How the energy comes: auto (the cheaper way), burn or lend.") var energy = "auto"
  @Option(help: "The shortest rental to lend for: the time for signing and sending.") var lendFor = "1h"
  @Option(help: "TRX that one transaction may burn for energy at most.") var maxFeeLimit = "50"
  @Flag(help: "Count on the free bandwidth of addresses: only where none has sent anything for a day.")
  var freeBandwidth = false
  @Option(help: "The file to write. It must not exist.") var out: String
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let settings = try settings()
    do {
      try SweepFile.checkAbsent(out)
      let (draft, warnings) = try await bus.withBus { try await SweepInquiry(client: $0).draft(settings) }
      for warning in warnings { writeError("WARNING: \(warning)") }
      for line in Self.obstacles(draft) { writeError(line) }
      let plan = try draft.plan(id: .v7(), createdAt: Date())
      try SweepFile.write(try plan.encoded(), to: out)
      for line in Self.explanation(plan) { writeError(line) }
      print(plan.digest)
    } catch let refusal as SweepRefusal {
      writeError("\(refusal.code.rawValue): \(refusal)")
      throw ExitCode.failure
    }
  }

  func settings() throws -> SweepSettings {
    let treasury = try TronAddress(parsing: to)
    let funder = try fundFrom.map { try TronAddress(parsing: $0) } ?? treasury
    var settings = SweepSettings(treasury: treasury, funder: funder)
    guard !treasury.isZero, !settings.funder.isZero else {
      throw ValidationError("nobody has the key of \(TronAddress.zero): give the treasury's address")
    }
    settings.minimum = (try Sun.parse(trx: minTrx), try Money.parse(minUsdt, .usdt).amount)
    settings.keep = try Sun.parse(trx: keepTrx)
    settings.lifetimeSeconds = Int64(
      try Limits.check(
        try Limits.seconds(expires, "--expires"), "--expires in seconds", in: 300...Limits.lifetimeSecondsMax))
    settings.transactionsMax = try Limits.check(
      maxTransactions, "--max-transactions", in: 2...SweepPlan.transactionsMax)
    guard let way = SweepSettings.Way(rawValue: energy) else {
      throw ValidationError("--energy is '\(energy)': give auto, burn or lend")
    }
    settings.way = way
    settings.lendSeconds = Int64(try Limits.seconds(lendFor, "--lend-for"))
    settings.feeLimitMax = try FeeLimit.parse(maxFeeLimit)
    settings.countsFreeBandwidth = freeBandwidth
    return settings
  }

  static func obstacles(_ draft: SweepDraft) -> [String] {
    let more = draft.obstacleCount - draft.obstacles.count
    return draft.obstacles + (more > 0 ? ["… and \(more) more"] : [])
  }

  static func explanation(_ plan: SweepPlan) -> [String] {
    var lines = plan.steps
    lines.append(
      "To \(plan.treasury): \(plan.totals.sweptTrx) and \(plan.totals.sweptUsdt). Funding \(plan.totals.funding); "
        + "estimated to burn: \(plan.totals.fees), and \(plan.totals.lending) of the pool's for lending.")
    for key in plan.keys {
      lines.append("Needs the extended private key of generation \(key.generation), fingerprint \(key.fingerprint).")
    }
    lines.append("The plan's digest, for `tron sign --digest`, is on standard output: carry it apart from the file.")
    return lines
  }
}

/// What a transaction may allow itself for energy at most.
enum FeeLimit {
  /// java-tron caps it there.
  private static let most = 15_000

  static func parse(_ text: String) throws -> Sun {
    let limit = try Sun.parse(trx: text)
    guard limit > .zero, limit.value <= Int64(most) * Sun.perTRX else {
      throw ValidationError("--max-fee-limit is \(text) TRX: give more than 0 and at most \(most)")
    }
    return limit
  }
}
