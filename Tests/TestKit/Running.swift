import Logging
import ServiceLifecycle

/// Runs services for the time of `body`, then stops them gracefully and waits until it has ended.
///
/// Servers are never stopped by cancelling their task: swift-nio crashes when a connection is accepted by a
/// server whose task has just been cancelled. What has not ended 10 s after the request is cancelled nevertheless.
public func running<Result: Sendable>(
  _ services: [any Service], while body: () async throws -> Result
) async throws -> Result {
  var configuration = ServiceGroupConfiguration(
    services: services.map {
      .init(
        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
        failureTerminationBehavior: .gracefullyShutdownGroup)
    }, logger: Logger(label: "running") { _ in SwiftLogNoOpLogHandler() })
  configuration.maximumGracefulShutdownDuration = .seconds(10)
  let group = ServiceGroup(configuration: configuration)
  async let whole: Void = group.run()
  do {
    let result = try await body()
    await group.triggerGracefulShutdown()
    try await whole
    return result
  } catch {
    await group.triggerGracefulShutdown()
    try await whole
    throw error
  }
}

/// Runs one service for the time of `body`.
public func running<Result: Sendable>(
  _ service: any Service, while body: () async throws -> Result
) async throws -> Result {
  try await running([service], while: body)
}

/// Runs a server that is made with a callback for the port it has bound, and hands that port to `body`.
public func serving<Result: Sendable>(
  _ make: (_ bound: @escaping @Sendable (Int) -> Void) -> any Service, while body: (Int) async throws -> Result
) async throws -> Result {
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  let server = Announcing(service: make { port.yield($0) }) { port.finish() }
  return try await running(server) {
    for await bound in ports { return try await body(bound) }
    throw TestKitError("The server ended before it listened.")
  }
}

private struct Announcing: Service {
  let service: any Service
  let ended: @Sendable () -> Void

  func run() async throws {
    defer { ended() }
    try await service.run()
  }
}
