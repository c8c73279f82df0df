import ArgumentParser
import BusKit
import Contracts
import TronKit

extension SupplierCommand {
  /// Which wallet, who, why.
  struct WalletOptions: ParsableArguments {
    @Argument(help: "The wallet's address.") var address: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func set(_ state: SupplierState) async throws {
      let wallet = try TronAddress(parsing: address)
      let action = try action.action()
      try await bus.withBus {
        try await $0.apply(SetSupplierState(address: wallet, state: state, action: action), action)
      }
    }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let a wallet lend again.")
    @OptionGroup var wallet: WalletOptions
    func run() async throws { try await wallet.set(.enabled) }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "No new legs from a wallet.", discussion: "What it has lent is taken back at its time.")
    @OptionGroup var wallet: WalletOptions
    func run() async throws { try await wallet.set(.disabled) }
  }

  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "No new legs from a wallet, and say when all of it is back.",
      discussion: "tx-svc publishes SupplierStateChanged with isDrained, and disables the wallet then.")
    @OptionGroup var wallet: WalletOptions
    func run() async throws { try await wallet.set(.draining) }
  }

  struct Refresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Read a wallet's figures from the chain now.")
    @OptionGroup var wallet: WalletOptions

    func run() async throws {
      let address = try TronAddress(parsing: wallet.address)
      let action = try wallet.action.action()
      try await wallet.bus.withBus {
        try await $0.apply(RefreshSupplier(address: address, action: action), action)
      }
    }
  }
}
