import ArgumentParser
import BusKit
import Contracts
import Foundation

/// The ledger: whether it holds, what an account did, and what to do where it differs.
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "The ledger: checks, the sealed chain, statements, adjustments, custody.",
    subcommands: [
      Checks.self, LedgerVerifyCommand.self, LedgerStatementCommand.self, Clear.self, Rebuild.self, NewEpoch.self,
      AdjustCommand.self, AdjustTransferCommand.self, AdjustmentsCommand.self, CustodyCommand.self,
    ])

  struct Checks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What the last checks found, what differs, which captures wait.")
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let checks = try await bus.ask(GetLedgerChecks())
      try show(LedgerChecksReport(checks: checks), json: json)
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say that a difference was looked into: captures that wait for it go on.",
      discussion: """
        It changes nothing in the ledger. A difference that is still there is found again within a minute, and \
        captures wait again: correct it first, with `ledger rebuild` where only a balance is wrong, or with an \
        adjustment. 'all' is refused while nothing is sealed: `ledger new-epoch` comes first.
        """)
    @Argument(help: "A customer (cus_…), an account, 'all' for what concerns all, or 'sealing'.") var account: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func command(_ action: OperatorAction) throws -> ClearLedgerDifference {
      ClearLedgerDifference(subject: try AccountArgument.subject(account), action: action)
    }

    func run() async throws {
      let action = try action.action()
      let command = try command(action)
      try await bus.withBus { try await $0.apply(command, action) }
    }
  }

  struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an account's balance anew from the journal.",
      discussion: """
        For a balance that is not the sum of its lines. The journal does not change. What it was and what it is \
        stands in the audit log. Captures that wait go on after `ledger clear`.
        """)
    @Argument(help: "A customer (cus_…) or an account, such as revenue.") var account: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let action = try action.action()
      let command = RebuildLedgerBalance(account: try AccountArgument.name(account), action: action)
      try await bus.withBus { try await $0.apply(command, action) }
    }
  }

  struct NewEpoch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Have sealing go on after the database was moved or restored into another cluster.",
      discussion: """
        Blocks are made of transactions, whose ids begin anew in another cluster. What is in no block yet is sealed \
        by number first. Nothing happens where sealing works.
        """)
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let action = try action.action()
      try await bus.withBus { try await $0.apply(BeginLedgerEpoch(action: action), action) }
    }
  }
}

/// An account as operators write it.
enum AccountArgument {
  /// The account's name; a customer's id stands for what it can spend.
  static func name(_ text: String) throws -> String {
    if let customer = CustomerID(parsing: text) { return "customer:\(customer)" }
    guard !text.hasPrefix("cus_"), isAccount(text) else {
      throw ValidationError(
        "'\(Words.safe(text))' is no account: give a customer's id (cus_…), held:cus_…, or an account of ours "
          + "such as revenue, costs or custody:pool")
    }
    return text
  }

  private static func isAccount(_ text: String) -> Bool {
    for prefix in ["customer:", "held:"] where text.hasPrefix(prefix) {
      return CustomerID(parsing: String(text.dropFirst(prefix.count))) != nil
    }
    return text.wholeMatch(of: /custody:[a-z]{1,40}|[a-z_]{1,40}/) != nil
  }

  /// Whom a difference concerns.
  static func subject(_ text: String) throws -> String {
    if text == "all" || text == LedgerDifferenceFound.all { return LedgerDifferenceFound.all }
    if text == LedgerDifferenceFound.sealing { return text }
    let name = try name(text)
    return name.contains("cus_") ? String(name.drop { $0 != ":" }.dropFirst()) : LedgerDifferenceFound.all
  }
}

struct LedgerChecksReport: Report {
  let checks: LedgerChecks

  func encode(to encoder: any Encoder) throws { try checks.encode(to: encoder) }

  var text: String {
    var lines: [String] = []
    var table = TextTable("CHECK", "DIFFERENCES", "AT")
    for check in checks.checks {
      table.add(check.name, "\(check.differences)", MessageCoder.timestamp(check.checkedAt))
    }
    lines.append(checks.checks.isEmpty ? "no check has ended yet" : table.text)
    if checks.open.isEmpty { lines.append("nothing differs") }
    for difference in checks.open {
      let whom =
        switch difference.subject {
        case LedgerDifferenceFound.all: "everybody (clear it as 'all')"
        case LedgerDifferenceFound.sealing: "sealing (no capture waits for it)"
        default: difference.subject
        }
      lines.append("DIFFERS since \(MessageCoder.timestamp(difference.foundAt)): \(whom)")
      lines += difference.findings.map { "  \(Words.safe($0.description))" }
    }
    let since = checks.waitingSince.map { ", the oldest since \(MessageCoder.timestamp($0))" } ?? ""
    lines.append("\(checks.waitingCaptures) captures wait\(since)")
    return lines.joined(separator: "\n")
  }
}
