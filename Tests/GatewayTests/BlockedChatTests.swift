import BusKit
import Contracts
import TestKit
import Testing

@testable import Gateway

/// What a chat shows after its person has blocked the bot for a while.
@Suite(.serialized) struct BlockedChatTests {
  @Test func `Who unblocks the bot reads how the orders went meanwhile`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      try await world.show("safe to send now", seq: 2, slot: "order:1")
      try await eventually("the order is told") { world.telegram.calls("sendMessage").count == 1 }
      world.telegram.membership(isMember: false, update: 10)
      try await eventually("the chat is unreachable") { try await world.isReachable() == false }
      try await world.show("ended", seq: 3, slot: "order:1")
      try await world.show("failed", seq: 2, slot: "order:2")
      try await world.show("menu", seq: 1)
      try await eventually("all of it is missed") { try await world.count("telegram_screens") == 3 }
      try await eventually("nothing is on its way") { try await world.count("effects where state = 'pending'") == 0 }
      #expect(world.telegram.calls("editMessageText").isEmpty)

      world.telegram.membership(isMember: true, update: 11)
      try await eventually("both orders are told") {
        try await world.count("telegram_screens where slot like 'order:%' and last_seq = shown_seq") == 2
      }
      #expect(world.telegram.calls("editMessageText").map { $0["text"]?.string } == ["ended"])
      #expect(world.telegram.calls("editMessageText").first?["message_id"] == 101)
      #expect(world.telegram.calls("sendMessage").map { $0["text"]?.string } == ["safe to send now", "failed"])
    }
  }

  @Test func `Of many missed orders the newest are told, newest first`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.membership(isMember: false, update: 10)
      try await eventually("the chat is unreachable") { try await world.isReachable() == false }
      let newest = ShowMissed.ordersMax + 5
      for order in 1...newest { try await world.show("\(order)", seq: 1, slot: "order:\(order)") }
      try await eventually("all are missed") { try await world.count("telegram_screens") == newest }
      try await eventually("nothing is on its way") { try await world.count("effects where state = 'pending'") == 0 }
      try await world.bus.read { session in
        _ = try session.execute(
          """
          update telegram_screens
          set updated_at = now() - interval '1 day' + split_part(slot, ':', 2)::int * interval '1 min'
          """)
      }

      world.telegram.membership(isMember: true, update: 11)
      try await eventually("as many as there may be are told") {
        try await world.count("telegram_screens where last_seq = shown_seq") == ShowMissed.ordersMax
      }
      try await eventually("nothing more is on its way") {
        try await world.count("effects where state = 'pending'") == 0
      }
      let told = world.telegram.calls("sendMessage").compactMap { $0["text"]?.string }
      #expect(told == (6...newest).reversed().map { "\($0)" })
    }
  }

  @Test func `A refusal older than the person's last word does not silence the chat`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.hold("sendMessage")
      world.telegram.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
      try await world.show("safe to send now", seq: 2, slot: "order:1")
      try await eventually("it is being sent") { world.telegram.calls("sendMessage").count == 1 }
      world.telegram.membership(isMember: false, update: 10)
      world.telegram.membership(isMember: true, update: 11)
      try await eventually("both updates are applied") { try await world.count("telegram_updates") == 3 }
      world.telegram.letGo("sendMessage")
      try await eventually("it is sent again") {
        try await world.count("telegram_screens where shown_seq = 2") == 1
      }
      #expect(try await world.isReachable() == true)
    }
  }
}
