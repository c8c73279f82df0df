import ArgumentParser
import BusKit
import Contracts

extension SupplierCommand {
  struct Capacity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What each wallet can lend now, in 1, 6 and 24 hours, and why not more. JSON.")
    @OptionGroup var bus: BusOptions

    func run() async throws { try printJSON(try await bus.ask(GetCapacity())) }
  }

  struct Differences: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Where the chain lends something else than the ledger says, and the last full comparison. JSON.",
      discussion: "Exits with 1 while a difference that was reported is not settled.")
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let view = try await bus.ask(GetLedgerDifferences())
      try printJSON(view)
      if view.differences.contains(where: { $0.state == .reported }) { throw ExitCode.failure }
    }
  }
}
