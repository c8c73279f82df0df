import ArgumentParser
import BusKit
import Contracts

/// `deposits retire`: after a theft.
struct RetireDepositKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire", abstract: "Give a deposit key up: show its addresses to nobody any more.",
    discussion: """
      For a key that others may have. Customers who have one of its addresses are given another one when they next \
      ask; the old ones stay watched, and what arrives there is credited. Put another key into \
      ENERGY_DEPOSIT_XPUB_FILE first, and restart all replicas of wallet-svc. It cannot be taken back.
      """)
  @Argument(help: "The key's fingerprint, 16 hex digits: `deposits status` lists the keys.") var fingerprint: String
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let command = try command(try action.action())
    try await bus.withBus { try await $0.apply(command, command.action) }
  }

  func command(_ action: OperatorAction) throws -> RetireDepositKey {
    guard fingerprint.wholeMatch(of: /[0-9a-f]{16}/) != nil else {
      throw ValidationError("'\(fingerprint)' is no fingerprint: give 16 hex digits")
    }
    return RetireDepositKey(fingerprint: fingerprint, action: action)
  }
}
