import Logging
import Synchronization
import Testing

@testable import BusKit

/// How the process of a service ends when it does not end well.
struct ServiceProgramTests {
  private static let environment = [
    "ENERGY_REDIS_URL": "unix:/nowhere/redis.sock", "ENERGY_POSTGRES_URL": "host=/nowhere dbname=none",
    "ENERGY_HTTP_ADDRESS": "127.0.0.1:0",
  ]

  private func attempt(
    _ environment: [String: String], settings: (inout EnvironmentReader) -> Int?,
    make: (Int, Logger) throws -> Service
  ) async -> (failure: ServiceProgram.Failure?, complaints: [String]) {
    var complaints: [String] = []
    let failure = await ServiceProgram.attempt(
      "loans-svc", schema: "loans", EnvironmentReader(environment), settings: settings,
      complain: { complaints.append($0) }, make: make)
    return (failure, complaints)
  }

  @Test func `Mistakes of the bus' settings and of the service's own are named at once`() async {
    let made = Mutex(0)
    let (failure, complaints) = await attempt([:]) { reader in
      reader.string("LOANS_LIMIT").map { _ in 1 }
    } make: { _, _ in
      made.withLock { $0 += 1 }
      return Service(name: "loans-svc", schema: "loans", migrations: [])
    }
    #expect(failure == .configuration && failure?.rawValue == 78)
    #expect(complaints.count == 1 && complaints[0].hasPrefix("loans-svc: configuration:"))
    for name in ["ENERGY_REDIS_URL", "ENERGY_POSTGRES_URL", "ENERGY_HTTP_ADDRESS", "LOANS_LIMIT"] {
      #expect(complaints.joined().contains("- \(name) is not set"))
    }
    #expect(made.withLock { $0 } == 0, "a service was made of what is missing")
  }

  @Test func `What shows only when the service is made is a mistake of the configuration as well`() async {
    let (failure, complaints) = await attempt(Self.environment) { _ in 3 } make: { loans, _ in
      throw ConfigurationError(mistakes: ["the folder of \(loans) loans is used by another process"])
    }
    #expect(failure == .configuration)
    #expect(complaints == ["loans-svc: configuration:\n  - the folder of 3 loans is used by another process"])
  }

  @Test func `Any other error is no mistake of the configuration`() async {
    let (failure, complaints) = await attempt(Self.environment) { _ in 3 } make: { _, _ in throw Refusal() }
    #expect(failure == .stopped && failure?.rawValue == 1)
    #expect(complaints.isEmpty)
  }
}
