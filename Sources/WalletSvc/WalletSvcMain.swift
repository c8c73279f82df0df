import BusKit
import Contracts
import Foundation
import Logging

/// wallet-svc: customers' money, their saved addresses, and what the chain says of an address.
@main
struct WalletSvcMain {
  static let schema = "wallet_svc"

  static func main() async {
    var reader = EnvironmentReader()
    let configuration = ServiceConfiguration.read(&reader, service: ServiceName.wallet, schema: schema)
    let settings = WalletSettings.read(&reader)
    let logger = configuration?.logger ?? Logger(label: ServiceName.wallet)
    do {
      try reader.finish()
      // Whatever is missing is a mistake that `finish` has thrown.
      guard let configuration, let settings else { exit(78) }
      try await make(settings).run(configuration)
    } catch let error as ConfigurationError {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(78)
    } catch {
      logger.critical("wallet-svc ends", metadata: ["error": "\(error)"])
      exit(1)
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
    service.background("ledger-sealer", LedgerSealer.run)
    service.auditsOperators()
    service.publishes([.walletEvents, .walletCommands, .txCommands, .gatewayCommands])
    return service
  }
}
