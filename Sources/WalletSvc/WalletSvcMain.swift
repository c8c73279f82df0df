import BusKit
import Contracts

/// wallet-svc: customers' money, their saved addresses, and what the chain says of an address.
@main
struct WalletSvcMain {
  static let schema = "wallet_svc"

  static func main() async {
    await ServiceProgram.run(ServiceName.wallet, schema: schema, settings: WalletSettings.read) { settings, _ in
      make(settings)
    }
  }

  /// The service's table of contents.
  static func make(_ settings: WalletSettings) -> Service {
    var service = Service(name: ServiceName.wallet, schema: schema, migrations: WalletMigrations.all)
    HoldHandlers.register(in: &service)
    BookingHandlers.register(in: &service)
    AdjustmentHandlers(limits: settings.adjustments).register(in: &service)
    AdjustmentAnswers.register(in: &service)
    CustodyComparison.register(in: &service, settings.custody)
    AddressHandlers.register(in: &service)
    let chain = ChainAccounts(sources: settings.sources, policy: settings.cache, supply: settings.supply)
    WalletAnswers(chain: chain).register(in: &service)
    ChainDuties.register(chain, budgets: settings.budgets, in: &service)
    LedgerHandlers.register(in: &service)
    LedgerAnswers.register(in: &service)
    LedgerCheck.register(in: &service)
    LedgerRecentCheck.register(in: &service)
    Deposits.register(settings.deposits, limits: settings.adjustments, in: &service)
    LedgerFullCheck.register(in: &service)
    LedgerGauges.register(in: &service)
    service.beforeWork(LedgerSealer.lookForMove)
    service.background("ledger-sealer", LedgerSealer.run)
    service.auditsOperators()
    service.publishes([.walletEvents, .walletCommands, .txCommands, .gatewayCommands])
    return service
  }
}
