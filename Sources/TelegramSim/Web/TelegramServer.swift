import Hummingbird
import Logging
import NIOCore

/// The HTTP server: Bot API under `/bot<token>/`, person-side API under `/sim/`, the chat page at `/`.
struct TelegramServer: Sendable {
  let simulator: Simulator
  let host: String
  let port: Int
  var idle = TimeAmount.seconds(Limits.idleSeconds)

  /// - Parameter running: called with the port once the server listens.
  func application(running: @escaping @Sendable (Int) -> Void) -> some ApplicationProtocol {
    var logger = Logger(label: "telegram-sim")
    logger.logLevel = .warning
    let router = Router()
    router.add(middleware: BotAPIMiddleware(simulator: simulator))
    router.get("/") { _, _ in ChatPage.response() }
    router.get("/healthz") { _, _ in try jsonResponse(["ok": true]) }
    PersonRoutes(simulator: simulator).add(to: router)
    return Application(
      router: router,
      // Clients that are gone without a word, behind a cut network, would keep their connections for ever.
      server: .http1(configuration: .init(idleTimeout: idle)),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "telegram-sim"),
      services: [WebhookCourier(simulator: simulator, logger: logger)],
      onServerRunning: { channel in running(channel.localAddress?.port ?? port) },
      logger: logger)
  }
}
