import Dispatch
import Foundation
import TestKit
import Testing

@testable import BusKit

/// What a service's HTTP server does about clients, and about figures, that do not come.
@Suite struct HealthServerTests {
  @Test("connections leave descriptors for everything else", arguments: [(1_024, 512), (1_000_000, 4_000), (1, 1)])
  func connections(descriptors: Int, connections: Int) {
    #expect(HealthServer.connections(descriptors: descriptors) == connections)
  }

  @Test(
    "a connection that falls silent is closed, wherever it stops",
    arguments: ["", "GET /livez HTTP/1.1\r\nHost:", "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"])
  func silence(sent: String) async throws {
    try await Self.serve(World.counter(), idle: .milliseconds(300)) { port in
      // Returns when the server has closed the connection, and throws when it does not.
      _ = try await rawAnswer(port: port, Array(sent.utf8))
    }
  }

  @Test("a figure that does not come in time holds no other up")
  func figures() async throws {
    let gate = DispatchSemaphore(value: 0)
    defer { gate.signal() }
    var service = World.counter()
    service.beforeMetrics { _ in
      await withCheckedContinuation { continuation in
        Thread { gate.wait(); continuation.resume() }.start()
      }
    }
    try await Self.serve(service) { port in
      let answer = try await rawAnswer(port: port, Self.request("/metrics"))
      #expect(answer.contains("energy_bus_outbox_unsent 0"))
    }
  }

  private static func request(_ path: String) -> [UInt8] {
    Array("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
  }

  /// Hands `body` the port of the server of a service that runs.
  private static func serve(
    _ service: Service, idle: Duration = .seconds(75), _ body: (Int) async throws -> Void
  ) async throws {
    try await World.run { world in
      let core = try await world.start(service).core
      let port = try freePort()
      let configuration = ServiceConfiguration(
        redis: world.server.configuration,
        postgres: .init(conninfo: world.conninfo, applicationName: "test"), httpPort: port,
        logger: JSONLog.logger(service: "test", level: .critical))
      let server = HealthServer(service: service, configuration: configuration, core: core, idle: idle)
      try await running(server.application()) {
        try await eventually("it listens") {
          do {
            return try await rawAnswer(port: port, Self.request("/livez")).contains("alive")
          } catch {
            return false
          }
        }
        try await body(port)
      }
    }
  }
}
