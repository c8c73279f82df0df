import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct RestDepositTests {
  @Test func `A customer gets a deposit address with the first question and keeps it`() async throws {
    try await RunningGateway.run { world in
      let first = try await world.call("GET", "/v1/deposit-address")
      #expect(first.status == 200)
      #expect(first.json["address"]?.string == Samples.receiver)
      #expect(first.json["uri"]?.string == "tron:\(Samples.receiver)")
      #expect(first.json["currencies"] == ["TRX", "USDT"])
      #expect(first.json["minimums"]?.array?.last == ["currency": "USDT", "amount": 1_500_000, "decimal": "1.5"])
      #expect(try await world.call("GET", "/v1/deposit-address").json == first.json)
      #expect(world.wallet.now.assigned == 1)

      let path = try #require(first.json["qr"]?.string)
      let picture = try await world.call("GET", path)
      #expect(picture.status == 200)
      #expect(picture.header("Content-Type") == "image/png")
      #expect(picture.header("Cache-Control")?.contains("private") == true)
      #expect(picture.header("Vary") == "Authorization")
      let input = try JSONEncoder().encode([Data(picture.bytes).base64EncodedString()])
      let read = try await Python.run("qr_read.py", input: String(decoding: input, as: UTF8.self))
      #expect(read.contains("\"text\": \"tron:\(Samples.receiver)\""))

      #expect(try await world.call("GET", path, key: nil).status == 401)
      #expect(try await world.call("DELETE", path).status == 405)
      #expect(try await world.call("POST", "/v1/deposit-address", body: "{}").status == 405)
    }
  }

  @Test func `An address that cannot be had at once is a reason and a time to come back`() async throws {
    try await RunningGateway.run { world in
      world.wallet.set { $0.assignCode = "none_ready" }
      let none = try await world.call("GET", "/v1/deposit-address")
      #expect(none.status == 503)
      #expect(none.json["code"] == "no_address_ready")
      #expect(none.header("Retry-After") == "60")
      #expect(try await world.call("GET", "/v1/deposit-address/qr.png").status == 503)
      world.wallet.set { $0.assignCode = "deposits_off" }
      let off = try await world.call("GET", "/v1/deposit-address")
      #expect(off.status == 404)
      #expect(off.json["code"] == "deposits_off")
      // Assigned, but the answer does not come: no failure.
      world.wallet.set {
        $0.assignCode = "done"
        $0.isSilent = true
      }
      let late = try await world.call("GET", "/v1/deposit-address")
      #expect(late.status == 202)
      #expect(late.json["status"] == "pending")
      #expect(late.header("Retry-After") == "2")
      #expect(try await world.call("GET", "/v1/deposit-address").json["status"] == "assigned")
    }
  }

  @Test func `The balance tells USDT where wallet-svc knows it`() async throws {
    try await RunningGateway.run { world in
      let known = try await world.call("GET", "/v1/balance")
      #expect(known.json["available_usdt_micro"] == 7_250_000)
      #expect(known.json["available_usdt"] == "7.25")
      world.orders.set { $0.usdt = nil }
      guard case .object(let members) = try await world.call("GET", "/v1/balance").json else {
        Issue.record("the balance is no object")
        return
      }
      #expect(members["available_usdt_micro"] == .null && members["available_usdt"] == .null)
      #expect(members["available_sun"] == 12_500_000)
    }
  }
}
