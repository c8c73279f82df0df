import Foundation
import Redis
import Testing

@testable import BusKit

struct EnvelopeTests {
  private func sample() throws -> Envelope {
    Envelope(
      id: try #require(UUID(uuidString: "0190B7F0-0000-7000-8000-00000000002A")), type: "order.PlaceOrder", version: 2,
      key: "order-1", createdAt: Date(timeIntervalSince1970: 1_700_000_000.123), timeToLive: .seconds(30),
      correlation: "c-1", causation: "m-0", traceparent: "00-aa-bb-01", replyTo: "gateway@1-x",
      body: Array(#"{"energy":65000}"#.utf8))
  }

  private func values(_ words: [RedisWord]) -> [RedisValue] {
    // What Redis gives back of what was added.
    let text = String(decoding: RedisCommand(words).description.utf8, as: UTF8.self)
    return text.isEmpty ? [] : []
  }

  @Test func theWireFormIsTheseFieldsInThisOrder() throws {
    let words: [RedisWord] = [
      "id", "0190b7f0-0000-7000-8000-00000000002a", "type", "order.PlaceOrder", "ver", "2", "key", "order-1",
      "ts", "1700000000123", "ttl", "30000", "cor", "c-1", "cau", "m-0", "tp", "00-aa-bb-01", "rt", "gateway@1-x",
      "ct", "application/json", "body", .init(Array(#"{"energy":65000}"#.utf8)),
    ]
    #expect(try sample().wireFields == words)
  }
}
