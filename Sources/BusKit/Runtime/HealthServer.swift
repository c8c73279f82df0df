import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging

/// `/livez`, `/readyz`, `/metrics` and the service's own routes.
struct HealthServer: Sendable {
  let service: Service
  let configuration: ServiceConfiguration
  let core: BusCore
  /// After so long without a byte a connection is closed, a half-sent request too. Longer than proxies keep theirs.
  var idle = Duration.seconds(75)
  /// What comes beyond waits in the kernel's queue until one of these closes.
  var connectionsMax = HealthServer.connections(descriptors: HealthServer.descriptorsMax)

  /// At most 4,000, and half of the descriptors that the process may open: Redis, Postgres and files need some, too.
  static func connections(descriptors: Int) -> Int { max(1, min(4_000, descriptors / 2)) }

  private static var descriptorsMax: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    return Int(clamping: limit.rlim_cur)
  }

  func application() -> some ApplicationProtocol {
    let router = Router()
    let bus = Bus(core: core)
    let gauges = BusGauges(service, core: core)
    router.add(middleware: Hummingbird.MetricsMiddleware())
    router.get("/livez") { _, _ in "alive\n" }
    router.get("/readyz") { _, _ -> Response in
      let problems = [
        core.health.brokerDownFor.map { "redis: no answer for \($0.milliseconds / 1000) s" },
        core.health.postgresDownFor.map { "postgres: no answer for \($0.milliseconds / 1000) s" },
        core.health.isReady ? nil : "not ready",
        core.health.stuck == 0 ? nil : "\(core.health.stuck) handlers do not return: restart this process",
      ].compactMap { $0 }
      guard problems.isEmpty else { return text(.serviceUnavailable, problems.joined(separator: "\n") + "\n") }
      return text(.ok, "ready\n")
    }
    router.get("/metrics") { _, _ -> Response in
      await gauges.refresh()
      for refresh in service.gauges {
        do {
          try await waiting(atMost: BusGauges.limit) { try await refresh(bus) }
        } catch {
          core.logger.warning("gauges are stale", metadata: ["error": "\(error)"])
        }
      }
      return text(.ok, core.metrics.render())
    }
    for add in service.routes { add(router, bus) }
    var logger = core.logger
    logger.logLevel = max(logger.logLevel, .notice)
    return Application(
      router: router,
      server: .http1(configuration: .init(idleTimeout: .nanoseconds(idle.milliseconds * 1_000_000))),
      configuration: .init(
        address: .hostname(configuration.httpHost, port: configuration.httpPort), serverName: service.name,
        availableConnectionsDelegate: MaximumAvailableConnections(connectionsMax)),
      logger: logger)
  }

  private func text(_ status: HTTPResponse.Status, _ body: String) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }
}
