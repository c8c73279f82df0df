import BusKit
import Contracts
import Crypto
import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct ClientDirectoryTests {
  private func key(_ text: String) throws -> APIKey { try #require(APIKey(authorization: "Bearer \(text)")) }

  private struct Refused: Error {}

  @Test func `Guessed keys cost no statement each, and are refused before the table is read for them`() async throws {
    try await RunningGateway.run { world in
      let directory = ClientDirectory()
      let own = try key("ek_cli_demo_s3cret")
      let known = try await directory.caller(own, bus: world.bus) { throw Refused() }
      #expect(known?.client == "cli_demo")
      let wrong = try key("ek_cli_demo_guess")
      await #expect(throws: Refused.self) {
        _ = try await directory.caller(wrong, bus: world.bus) { throw Refused() }
      }
      // All of these wait for one reading, or two.
      try await world.countReadings()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<50 {
          group.addTask { try await directory.caller(wrong, bus: world.bus) {} == nil }
        }
        for try await isUnknown in group { #expect(isUnknown) }
      }
      #expect((1...2).contains(try await world.readings()))
      let still = try await directory.caller(own, bus: world.bus) { throw Refused() }
      #expect(still == known)
    }
  }

  @Test func `A client that was just made is known at once`() async throws {
    try await RunningGateway.run { world in
      let hash = Data(SHA256.hash(data: Data("other".utf8)))
      for number in 1...2 {
        let key = "Bearer ek_cli_\(number)_other"
        let before = try await world.call("GET", "/v1/balance", key: key)
        #expect(before.status == 401)
        try await world.client.send(
          CreateClient(
            client: ClientID(text: "cli_\(number)"), customer: RunningGateway.customer, name: "n", secretHash: hash,
            action: OperatorAction(actor: "ann", reason: "test", key: "c\(number)")))
        try await eventually("it is made") { try await world.count("api_clients") == Int64(number + 1) }
        let after = try await world.call("GET", "/v1/balance", key: key)
        #expect(after.status == 200)
      }
    }
  }

  @Test(arguments: [true, false])
  func `What was read is believed for a while when Postgres cannot be asked, and no longer`(
    isWithin: Bool
  ) async throws {
    try await RunningGateway.run { world in
      let directory = ClientDirectory(fresh: .zero, old: isWithin ? .seconds(600) : .zero)
      let own = try key("ek_cli_demo_s3cret")
      let first = try await directory.caller(own, bus: world.bus) {}
      #expect(first != nil)
      try await world.bus.read { _ = try $0.execute("alter table api_clients rename to hidden") }
      if isWithin {
        for _ in 0..<3 {
          let caller = try await directory.caller(own, bus: world.bus) {}
          #expect(caller != nil)
        }
      } else {
        await #expect(throws: (any Error).self) { _ = try await directory.caller(own, bus: world.bus) {} }
      }
    }
  }
}

extension RunningGateway {
  /// Puts a counter in front of the table of the clients, of which there is one.
  func countReadings() async throws {
    let statements = [
      "create sequence readings", "alter table api_clients rename to counted",
      "create view api_clients as select * from counted where nextval('gateway.readings') > 0",
    ]
    try await bus.read { session in for statement in statements { _ = try session.execute(statement) } }
  }

  func readings() async throws -> Int64 {
    try await bus.read { session in
      try session.execute("select case when is_called then last_value else 0 end as n from readings").rows.first?
        .int("n") ?? 0
    }
  }
}
