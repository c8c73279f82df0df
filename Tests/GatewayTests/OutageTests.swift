import Contracts
import TestKit
import Testing

@testable import Gateway

@Suite struct OutageTests {
  @Test func `Without Redis texts wait, presses and orders are turned away, and nothing is lost`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      let placed = try await world.place("before")
      #expect(placed.status == 201)
      try await world.server.kill9()
      try await eventually(within: .seconds(30), "Redis counts as down") {
        (world.bus.redisDownFor ?? .zero) > RestLimits().redisDownMax
      }
      world.telegram.press("v1:confirm", update: 6)
      world.telegram.text("hello", update: 7)
      try await eventually(within: .seconds(20), "the press is turned away") {
        world.telegram.calls("answerCallbackQuery").last?["text"]?.string == BotTexts.english.busy
      }
      try await eventually("both are confirmed to Telegram") { world.telegram.confirmed == 8 }
      let refused = try await world.place("during")
      #expect(refused.status == 503)
      #expect(refused.header("Retry-After") != nil)
      #expect(try await world.count("rest_orders") == 1)
      try await world.server.restart()
      try await eventually(within: .seconds(30), "the text arrives") {
        do { return try await world.inputs().map(\.kind).contains(.text("hello")) } catch { return false }
      }
      #expect(try await !world.inputs().map(\.kind).contains(.button(data: "v1:confirm")))
    }
  }
}
