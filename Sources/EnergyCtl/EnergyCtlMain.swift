import ArgumentParser

/// The operator's command. It speaks over the bus only; every change carries an actor, a reason and an idempotency key.
@main
struct EnergyCtl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "energyctl", abstract: "Operate TRON Energy Assistant.",
    subcommands: [
      ClientCommand.self, CreditCommand.self, SupplierCommand.self, OrderCommand.self, SigningCommand.self,
      DelegationCommand.self, KeysCommand.self, DepositsCommand.self, LedgerCommand.self,
      BusCommand.self, ChainCommand.self, TronCommand.self, DemoCommand.self,
    ])
}
