import ArgumentParser

/// The books: what is done to them by hand, and how they compare with the chain.
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "The books: adjustments by hand, and custody beside the chain.",
    subcommands: [
      AdjustCommand.self, AdjustTransferCommand.self, AdjustmentsCommand.self, CustodyCommand.self,
    ])
}
