import ArgumentParser
import BusKit
import Contracts

struct ChainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain", abstract: "How the chain is followed.", subcommands: [Status.self, Rescan.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How far, at how many calls, and what is being read again. JSON.")
    @OptionGroup var bus: BusOptions
    func run() async throws {
      try printJSON(try await bus.ask(GetChainStatus()))
    }
  }

  struct Rescan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read solid blocks again, for deposits and transactions that were missed.",
      discussion: """
        It goes on in the background, as slowly as the day's calls ask for; `chain status` shows how far. What is \
        known already is not told again.
        """)
    @Argument(help: "The first block.") var from: Int64
    @Argument(help: "The last block.") var to: Int64
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func validate() throws {
      guard from >= 0, from <= to else { throw ValidationError("\(from) to \(to) is no range: lower number first") }
      guard to - from < RescanBlocks.blocksMax else {
        throw ValidationError("\(to - from + 1) blocks: give at most \(RescanBlocks.blocksMax) at once")
      }
    }

    func run() async throws {
      let action = try action.action()
      let command = RescanBlocks(from: from, to: to, action: action)
      try await bus.withBus { try await $0.apply(command, action) }
    }
  }
}
