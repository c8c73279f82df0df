import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

/// An order's delegation as tx-svc has it: for looking, and for what has come to a stop.
struct DelegationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delegation", abstract: "An order's work on chain: look at it, start it again, settle a leg.",
    subcommands: [Show.self, Retry.self, Settle.self, ReclaimStrayCommand.self])

  struct OrderArgument: ParsableArguments {
    @Argument(help: "The order's id, ord_ and 32 hex digits.") var id: String

    func order() throws -> OrderID { try OrderID(argument: id) }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Legs, transactions, sendings and waiting work of an order, as JSON.")
    @OptionGroup var argument: OrderArgument
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let order = try argument.order()
      try printJSON(try await bus.ask(GetDelegation(order: order)))
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start an order's work again, each leg from where it stands.",
      discussion: "Nothing happens twice: what may have been sent is sent again as the same bytes.")
    @OptionGroup var argument: OrderArgument
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (order, action) = (try argument.order(), try action.action())
      try await bus.withBus { try await $0.apply(RetryDelegation(order: order, action: action), action) }
    }
  }

  struct Settle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what became of a leg; done only when the solid chain says the same.",
      discussion: """
        reclaimed_elsewhere: its sun is no longer lent, and not by a transaction of ours. never_delivered: its \
        transaction has expired and is in no block. delivered: its transaction is in a solid block, with effect.
        """)
    @OptionGroup var argument: OrderArgument
    @Option(help: "The leg's number, from 1.") var leg: Int
    @Option(name: .customLong("as"), help: "reclaimed_elsewhere, never_delivered or delivered.") var verdict: String
    @Option(help: "The transaction that shows it.") var transaction: String?
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func command(_ action: OperatorAction) throws -> SettleLeg {
      guard let verdict = SettleLeg.Verdict(rawValue: verdict) else {
        let all = SettleLeg.Verdict.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--as is '\(verdict)': give one of \(all)")
      }
      return SettleLeg(
        order: try argument.order(), leg: try Limits.check(leg, "--leg", in: 1...1_000), verdict: verdict,
        transaction: try transaction.map { try TransactionID(hex: $0) }, action: action)
    }

    func run() async throws {
      let action = try action.action()
      let command = try command(action)
      try await bus.withBus { try await $0.apply(command, action) }
    }
  }
}
