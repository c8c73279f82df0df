import TestKit
import Testing

@testable import Gateway

@Suite struct RawRequestTests {
  @Test func `A body whose framing makes no sense is the sender's mistake, not ours`() async throws {
    try await RunningGateway.run { world in
      for (framing, body) in [("chunked", "zz\r\n{}\r\n0\r\n\r\n"), ("xchunked", "0\r\n\r\n")] {
        let head = """
          POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: \(RunningGateway.key)\r\nIdempotency-Key: \(framing)\r
          Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: \(framing)\r\n\r\n
          """
        let answer = try await world.answer(toBytes: head + body)
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(framing): \(answer)")
      }
      #expect(try await world.count("rest_orders") == 0)
    }
  }

  /// Its body never comes.
  private static let halfAnOrder = """
    POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: \(RunningGateway.key)\r\nIdempotency-Key: half\r
    Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"receiver":
    """

  @Test func `A body that does not arrive gives its place up`() async throws {
    try await RunningGateway.run({ limits in
      limits.inWorkMax = 1
      limits.bodyWait = .milliseconds(300)
    }) { world in
      let answer = try await world.answer(toBytes: Self.halfAnOrder)
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
      #expect(answer.contains("body_timeout"))
      #expect(try await world.call("GET", "/v1/balance").status == 200)
    }
  }

  @Test func `Slow bodies of one client leave room for the others`() async throws {
    try await RunningGateway.run({ limits in
      limits.inWorkMax = 8
      limits.bodyWait = .seconds(4)
    }) { world in
      // Once the client is known, a request takes its client's place at once with its own.
      #expect(try await world.call("GET", "/v1/balance").status == 200)
      async let first = world.answer(toBytes: Self.halfAnOrder)
      async let second = world.answer(toBytes: Self.halfAnOrder)
      try await eventually("both have their places") {
        try await world.metric("energy_gateway_requests_in_work") == 2
      }
      let refused = try await world.call("GET", "/v1/balance")
      #expect(refused.status == 429)
      #expect(refused.json["code"] == "rate_limited")
      #expect(refused.header("Retry-After") == "1")
      #expect(try await world.call("GET", "/v1/balance", key: nil).status == 401)
      for answer in try await [first, second] { #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)") }
      #expect(try await world.call("GET", "/v1/balance").status == 200)
    }
  }
}
