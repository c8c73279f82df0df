import BusKit
import Contracts
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct TelegramFlowTests {
  @Test func `What a person does reaches session-svc once and in order`() async throws {
    try await RunningGateway.run { world in
      world.telegram.text("/start", update: 5)
      world.telegram.press("v1:rent", update: 6)
      try await eventually("both inputs are sent") { try await world.inputs().count == 2 }
      try await eventually("the press is answered") { world.telegram.calls("answerCallbackQuery").count == 1 }
      // Telegram brings an update again, and a later one shows that it has been looked at.
      world.telegram.text("/start", update: 7)
      try await eventually("both updates are confirmed") { world.telegram.confirmed == 8 }
      try await eventually("the third input is sent") { try await world.inputs().count == 3 }
      let inputs = try await world.inputs()
      #expect(inputs.map(\.kind) == [.text("/start"), .button(data: "v1:rent"), .text("/start")])
      #expect(inputs.allSatisfy { $0.customer == RunningGateway.customer && $0.languageCode == "en" })
      let languages = world.telegram.calls("setMyCommands").map { $0["language_code"]?.string }
      #expect(languages == ["", "en", "zh"])
    }
  }

  @Test func `While messages are far behind presses are turned away, and acted upon afterwards`() async throws {
    try await RunningGateway.run(messagesPerSecond: 5) { world in
      try await world.meet()
      try await world.show("menu", seq: 1)
      try await eventually("a calm press is passed on") {
        world.telegram.press("v1:rent", update: 6)
        return try await world.inputs().map(\.kind).contains(.button(data: "v1:rent"))
      }
      for number in 1...40 { try await world.show("order", seq: 1, slot: "order:\(number)") }
      try await eventually(within: .seconds(20), "a press is turned away") {
        world.telegram.press("v1:again", update: Int64(100 + world.telegram.calls("answerCallbackQuery").count))
        try await Task.sleep(for: .milliseconds(200))
        return world.telegram.calls("answerCallbackQuery").last?["text"]?.string == BotTexts.english.busy
      }
      try await eventually(within: .seconds(30), "all is shown") {
        try await world.count("telegram_screens where last_seq > shown_seq") == 0
      }
      // What was seen of the lag counts for three seconds.
      try await Task.sleep(for: .seconds(4))
      world.telegram.press("v1:later", update: 1_000)
      try await eventually("a later press is passed on") {
        try await world.inputs().map(\.kind).contains(.button(data: "v1:later"))
      }
    }
  }

  @Test func `A press that Telegram lets nobody answer leaves nothing behind`() async throws {
    try await RunningGateway.run { world in
      for _ in 1...9 { world.telegram.fail("answerCallbackQuery", 502, "Bad Gateway") }
      world.telegram.press("v1:rent", update: 6)
      try await eventually(within: .seconds(20), "it is left") {
        try await (world.telegram.calls("answerCallbackQuery").count, world.count("effects")) == (3, 0)
      }
      #expect(try await world.inputs().count == 1)
    }
  }

  @Test func `Messages of orders that ended long ago are forgotten, the menu is not`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      try await world.show("menu", seq: 1)
      try await world.show("old", seq: 1, slot: "order:1")
      try await eventually("both are shown") {
        try await world.count("telegram_screens where message_id is not null") == 2
      }
      #expect(try await world.bus.read { try Retention.orderMessages.step(in: $0) } == 0)
      try await world.bus.read { session in
        _ = try session.execute("update telegram_screens set updated_at = now() - interval '401 days'")
      }
      #expect(try await world.bus.read { try Retention.orderMessages.step(in: $0) } == 1)
      #expect(try await world.count("telegram_screens") == 1)
    }
  }

  @Test func `An update that comes twice counts once`() async throws {
    try await RunningGateway.run { world in
      world.telegram.text("/start", update: 5)
      try await eventually("the input is sent") { try await world.inputs().count == 1 }
      world.telegram.text("/start", update: 5)
      world.telegram.text("/help", update: 6)
      try await eventually("the later input is sent") { try await world.inputs().map(\.kind).contains(.text("/help")) }
      #expect(try await world.inputs().count == 2)
    }
  }

  @Test func `A slot is one message that changes, and never goes backwards`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      try await world.show("one", seq: 1)
      try await eventually("the screen is sent") { world.telegram.calls("sendMessage").count == 1 }
      try await world.show("three", seq: 3)
      try await eventually("it is edited") { world.telegram.calls("editMessageText").count == 1 }
      try await world.show("two", seq: 2)
      try await world.show("order", seq: 1, slot: "order:1", adopts: "menu")
      try await eventually("the order takes the message over") { world.telegram.calls("editMessageText").count == 2 }
      try await world.show("menu", seq: 4)
      try await eventually("the menu has a message of its own") { world.telegram.calls("sendMessage").count == 2 }
      let edits = world.telegram.calls("editMessageText")
      #expect(edits.map { $0["text"]?.string } == ["three", "order"])
      #expect(edits.map { $0["message_id"]?.int } == [101, 101])
    }
  }

  @Test func `Where Telegram does not say the language, the last one that it said counts; nobody is named`()
    async throws
  {
    try await RunningGateway.run { world in
      world.telegram.text("/start", update: 5, language: "zh-hans")
      world.telegram.text("/menu", update: 6, language: nil)
      try await eventually("both have arrived") { try await world.inputs().count == 2 }
      #expect(try await world.inputs().map(\.languageCode) == ["zh-hans", "zh-hans"])
      #expect(try await world.inputs().map(\.firstName) == ["", ""])
    }
  }

  @Test func `A message that can no longer be edited is sent anew`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      try await world.show("one", seq: 1)
      try await eventually("the screen is sent") { world.telegram.calls("sendMessage").count == 1 }
      world.telegram.fail("editMessageText", 400, "Bad Request: message to edit not found")
      try await world.show("two", seq: 2)
      try await eventually("it is sent again") { world.telegram.calls("sendMessage").count == 2 }
      try await world.show("three", seq: 3)
      try await eventually("the new message is edited") { world.telegram.calls("editMessageText").count == 2 }
      #expect(world.telegram.calls("editMessageText").last?["message_id"] == 102)
    }
  }

  @Test func `HTML that Telegram cannot parse goes out plain`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.fail("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
      try await world.show("a < b", seq: 1)
      try await eventually("it is sent twice") { world.telegram.calls("sendMessage").count == 2 }
      #expect(world.telegram.calls("sendMessage").map { $0["parse_mode"]?.string } == ["HTML", nil])
      #expect(world.telegram.calls("sendMessage").last?["text"] == "a < b")
    }
  }

  @Test func `Telegram's wait is obeyed, and the message still comes`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.fail("sendMessage", 429, "Too Many Requests: retry after 1", retryAfter: 1)
      let asked = ContinuousClock.now
      try await world.client.send(NotifyCustomer(customer: RunningGateway.customer, html: "hello"))
      try await eventually("the notice is sent") { world.telegram.calls("sendMessage").count == 2 }
      #expect(ContinuousClock.now - asked >= .seconds(1))
    }
  }

  @Test func `A person who blocked the bot gets nothing until the next sign of life`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
      try await world.client.send(NotifyCustomer(customer: RunningGateway.customer, html: "one"))
      try await eventually("the chat is unreachable") { try await world.isReachable() == false }
      try await world.client.send(NotifyCustomer(customer: RunningGateway.customer, html: "two"))
      try await world.show("kept for later", seq: 1)
      try await eventually("both have been handled") { try await world.count("telegram_screens") == 1 }
      world.telegram.text("/start", update: 50)
      try await eventually("the chat is reachable") { try await world.isReachable() == true }
      try await world.client.send(NotifyCustomer(customer: RunningGateway.customer, html: "three"))
      try await eventually("the last notice is sent") {
        world.telegram.calls("sendMessage").last?["text"] == "three"
      }
      #expect(!world.telegram.calls("sendMessage").contains { $0["text"] == "two" })
    }
  }
}

extension RunningGateway {
  /// A first message, so that the customer has a chat.
  func meet() async throws {
    telegram.text("/start", update: 5)
    try await eventually("the chat is known") { try await isReachable() == true }
  }

  func isReachable() async throws -> Bool? {
    try await bus.read { session in
      try session.execute("select is_reachable from telegram_chats where id = $1", [.text(Self.customer.text)]).rows
        .first?
        .bool("is_reachable")
    }
  }
}
