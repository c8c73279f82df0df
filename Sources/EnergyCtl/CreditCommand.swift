import ArgumentParser
import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

struct CreditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credit", abstract: "Credit TRX to a customer, against the adjustments account.")
  @Option(help: "The customer's id (cus_…).") var customer: String?
  @Option(help: "Or a Telegram user id; needs ENERGY_INSTALLATION_SECRET_FILE.") var telegramUser: Int64?
  @Option(help: "How much, in TRX, e.g. 100 or 12.5.") var trx: String
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let action = try action.action()
    let amount = try Sun.parse(trx: trx)
    guard amount.value > 0 else { throw ValidationError("--trx is \(trx): give an amount above 0") }
    let command = CreditAccount(customer: try whose(), amount: amount, action: action)
    try await bus.withBus { try await $0.apply(command, action) }
  }

  private func whose() throws -> CustomerID {
    switch (customer, telegramUser) {
    case (let id?, nil):
      return try CustomerID(argument: id)
    case (nil, let user?):
      var reader = EnvironmentReader()
      let secret = reader.secret("ENERGY_INSTALLATION_SECRET_FILE")
      try reader.finish()
      return .telegram(userID: user, installationSecret: SymmetricKey(data: Data((secret ?? "").utf8)))
    default:
      throw ValidationError("give either --customer or --telegram-user")
    }
  }
}
