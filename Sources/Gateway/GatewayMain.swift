import BusKit
import Contracts
import HTTPClient
import Logging

/// The edge of the system: Telegram on one side, REST clients on the other, the bus behind.
@main
struct GatewayMain {
  static let schema = "gateway"

  static func main() async {
    await ServiceProgram.run(ServiceName.gateway, schema: schema, settings: GatewaySettings.read) { settings, logger in
      do {
        return try make(settings, logger: logger)
      } catch let error as JournalError {
        throw ConfigurationError(mistakes: [error.description])
      }
    }
  }

  /// - Throws: `JournalError` when the journal's folder cannot be used.
  static func make(_ settings: GatewaySettings, logger: Logger) throws -> Service {
    let telegram = TelegramClient(
      baseURL: settings.telegramURL, token: settings.telegramToken,
      messagesPerSecond: settings.telegramMessagesPerSecond, http: HTTPClient(maximumConnections: 96))
    let journal = try UpdateJournal(directory: settings.journalDirectory, logger: logger)
    var service = Service(name: ServiceName.gateway, schema: schema, migrations: GatewayMigrations.all)

    ScreenHandlers.register(on: &service)
    OperatorHandlers.register(on: &service)
    OrderHandlers.register(on: &service)
    service.auditsOperators()

    service.effect(AnswerCallback.self, policy: AnswerCallback.policy) { try await $0.run($1, telegram: telegram) }
    service.effect(DeliverScreen.self, policy: DeliverScreen.policy) { try await $0.run($1, telegram: telegram) }
    service.effect(ShowMissed.self, policy: ShowMissed.policy) { try await $0.run($1) }
    service.effect(SendNotice.self, policy: SendNotice.policy) { try await $0.run($1, telegram: telegram) }

    let poller = TelegramPoller(telegram: telegram, journal: journal)
    let applier = UpdateApplier(journal: journal, installationSecret: settings.installationSecret)
    service.background("telegram-poll") { try await poller.run($0) }
    service.background("telegram-apply") { try await applier.run($0) }
    service.keeps(.appliedUpdates, .orderMessages, .restOrders)
    service.publishes([.sessionCommands, .orderCommands, .walletCommands, .gatewayCommands])
    service.beforeMetrics {
      $0.metrics.gauge("energy_gateway_journal_entries", labels: []).set(Double(journal.waitingCount))
    }

    service.http { router, bus in RestAPI(bus: bus, limits: settings.limits).register(on: router) }
    return service
  }
}
