import ArgumentParser
import BusKit
import Contracts
import Foundation

/// `ledger custody`: what the ledger holds beside what the chain shows.
struct CustodyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "custody", abstract: "Custody accounts beside the solid chain.",
    subcommands: [Show.self, Compare.self], defaultSubcommand: Show.self)

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The last comparison of each account and currency.",
      discussion: "Exits with 1 while one differs, or it is unclear whether it does.")
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let report = CustodyReport(view: try await bus.ask(GetCustody()))
      try show(report, json: json)
      if report.view.accounts.contains(where: { [.differs, .unclear].contains($0.state) }) { throw ExitCode.failure }
    }
  }

  struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare every account now.",
      discussion: "It takes until it is clear: at once when they agree, some minutes when they do not.")
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let action = try action.action()
      try await bus.withBus { try await $0.apply(CompareCustody(action: action), action) }
    }
  }
}

struct CustodyReport: Report {
  let view: CustodyView

  func encode(to encoder: any Encoder) throws { try view.encode(to: encoder) }

  var text: String {
    guard !view.accounts.isEmpty else { return "nothing was compared yet: energyctl ledger custody compare" }
    var table = TextTable("account", "", "state", "ledger", "chain", "dust", "difference", "addresses", "compared", "")
    for account in view.accounts {
      func decimal(_ amount: Int64) -> String { Money(amount, account.currency).decimal }
      table.add(
        account.account, account.currency.rawValue, account.state.rawValue, decimal(account.ledger),
        decimal(account.chain), decimal(account.dust), decimal(account.difference), "\(account.addresses)",
        account.comparedAt?.formatted(.iso8601) ?? "never", Words.safe(account.detail))
    }
    return table.text
  }
}
