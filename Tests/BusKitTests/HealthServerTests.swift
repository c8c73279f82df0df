import TestKit
import Testing

@testable import BusKit

/// What a service's HTTP server does about clients that say nothing.
@Suite struct HealthServerTests {
  @Test("connections leave descriptors for everything else", arguments: [(1_024, 512), (1_000_000, 4_000), (1, 1)])
  func connections(descriptors: Int, connections: Int) {
    #expect(HealthServer.connections(descriptors: descriptors) == connections)
  }

  @Test(
    "a connection that falls silent is closed, wherever it stops",
    arguments: ["", "GET /livez HTTP/1.1\r\nHost:", "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"])
  func silence(sent: String) async throws {
    try await World.run { world in
      let service = World.counter()
      let core = try await world.start(service).core
      let port = try freePort()
      let configuration = ServiceConfiguration(
        redis: world.server.configuration,
        postgres: .init(conninfo: world.conninfo, applicationName: "test"), httpPort: port,
        logger: JSONLog.logger(service: "test", level: .critical))
      let server = HealthServer(service: service, configuration: configuration, core: core, idle: .milliseconds(300))
      let alive = Array("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
      try await running(server.application()) {
        try await eventually("it listens") {
          do { return try await rawAnswer(port: port, alive).contains("alive") } catch { return false }
        }
        // Returns when the server has closed the connection, and throws when it does not.
        _ = try await rawAnswer(port: port, Array(sent.utf8))
      }
    }
  }
}
