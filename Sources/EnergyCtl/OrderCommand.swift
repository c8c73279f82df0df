import ArgumentParser
import BusKit
import Contracts
import Foundation

struct OrderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "order", abstract: "Orders.", subcommands: [Show.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One order, as JSON.")
    @Argument(help: "The order's id, ord_ and 32 hex digits.") var id: String
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let order = try OrderID(argument: id)
      try printJSON(try await bus.ask(GetOrder(order: order, customer: nil)))
    }
  }
}

struct SigningCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signing", abstract: "The kill switch: what tx-svc may sign.")
  @Argument(help: "everything, reclaims_only or nothing.") var mode: String
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func run() async throws {
    guard let mode = SetSigning.Mode(rawValue: mode) else {
      throw ValidationError("'\(mode)' is not a mode: give everything, reclaims_only or nothing")
    }
    let action = try action.action()
    try await bus.withBus { try await $0.apply(SetSigning(mode: mode, action: action), action) }
  }
}
