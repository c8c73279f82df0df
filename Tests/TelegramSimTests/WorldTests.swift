import Testing

@testable import TelegramSim

@Suite("World")
struct WorldTests {
  private static func world() throws -> (World, chat: Int) {
    var world = World()
    try world.meet(bot: 7)
    let person = try world.save(userID: nil, firstName: "Ann", username: nil, languageCode: "en")
    return (world, person.id)
  }

  private static func ids(_ updates: [Update]?) -> [Int]? { updates?.map(\.id) }

  private static func poll(_ world: inout World, offset: Int, timeout: Int = 0, now: Double) throws -> [Update]? {
    let poll = try world.beginPoll(bot: 7, offset: offset, limit: 100, timeout: timeout, allowed: nil, now: now)
    return try world.check(poll, now: now)
  }

  @Test("Updates come again until a higher offset confirms them")
  func offsets() throws {
    var (world, chat) = try Self.world()
    for text in ["a", "b", "c"] { _ = try world.say(text, chat: chat, bot: 7, now: 0) }
    let first = try #require(try Self.poll(&world, offset: 0, now: 0)).map(\.id)
    #expect(first.count == 3)
    #expect(Self.ids(try Self.poll(&world, offset: 0, now: 10)) == first)
    #expect(Self.ids(try Self.poll(&world, offset: first[0] + 1, now: 20)) == Array(first.dropFirst()))
    #expect(Self.ids(try Self.poll(&world, offset: -1, now: 30)) == [first[2]])
    #expect(Self.ids(try Self.poll(&world, offset: first[2] + 1, now: 40)) == [])
  }

  @Test("Asking again for the same offset at once is slowed to one update")
  func slowsRepeats() throws {
    var (world, chat) = try Self.world()
    for text in ["a", "b"] { _ = try world.say(text, chat: chat, bot: 7, now: 0) }
    #expect(try Self.poll(&world, offset: 0, now: 0)?.count == 2)
    #expect(try Self.poll(&world, offset: 0, now: 0.4)?.count == 1)
  }

  @Test("An empty poll waits for its timeout, at most 50 s")
  func waits() throws {
    var (world, _) = try Self.world()
    let poll = try world.beginPoll(bot: 7, offset: 0, limit: 100, timeout: 900, allowed: nil, now: 0)
    #expect(try world.check(poll, now: 49) == nil)
    #expect(try world.check(poll, now: 50) == [])
  }

  @Test("A second poll ends the older one, and a webhook ends any")
  func conflicts() throws {
    var (world, _) = try Self.world()
    let older = try world.beginPoll(bot: 7, offset: 0, limit: 100, timeout: 50, allowed: nil, now: 0)
    let newer = try world.beginPoll(bot: 7, offset: 0, limit: 100, timeout: 50, allowed: nil, now: 1)
    #expect(throws: BotAPIError.otherPoller) { try world.check(older, now: 2) }
    #expect(try world.check(newer, now: 2) == nil)
    _ = try world.setWebhook(
      bot: 7, Webhook(url: "http://127.0.0.1:1/", maxConnections: 1), allowed: nil, dropPending: false)
    #expect(throws: BotAPIError.webhookTookOver) { try world.check(newer, now: 3) }
    #expect(throws: BotAPIError.webhookActive) { try Self.poll(&world, offset: 0, now: 4) }
    #expect(world.conflictDelay(bot: 7, now: 4) == 0)
    #expect(world.conflictDelay(bot: 7, now: 5) == 3)
  }

  @Test("Updates older than 24 hours are gone, and unwanted kinds are never queued")
  func dropsUpdates() throws {
    var (world, chat) = try Self.world()
    _ = try world.say("a", chat: chat, bot: 7, now: 0)
    #expect(try Self.poll(&world, offset: 0, now: 24 * 3600 + 1) == [])
    _ = try world.beginPoll(bot: 7, offset: 0, limit: 1, timeout: 0, allowed: ["callback_query"], now: 90_000)
    #expect(try world.say("b", chat: chat, bot: 7, now: 90_000).update == nil)
  }

  @Test("A duplicated update is handed out once more after it was confirmed")
  func duplicates() throws {
    var (world, chat) = try Self.world()
    let id = try #require(try world.say("a", chat: chat, bot: 7, now: 0).update)
    #expect(try Self.poll(&world, offset: id + 1, now: 1) == [])
    try world.duplicate(update: id, bot: 7)
    #expect(Self.ids(try Self.poll(&world, offset: id + 1, now: 5)) == [id])
    #expect(try Self.poll(&world, offset: id + 1, now: 9) == [])
  }

  @Test("An edit needs a change, a message, and one of the bot's own")
  func edits() throws {
    var (world, chat) = try Self.world()
    let own = try world.say("mine", chat: chat, bot: 7, now: 0).message
    let text = FormattedText(text: "a")
    let sent = try #require(
      try world.send(bot: 7, chat: chat, content: text, markup: nil, now: 0)["message_id"]?.int)
    func edit(_ message: Int, _ content: FormattedText) throws {
      _ = try world.edit(bot: 7, chat: chat, message: message, content: content, markup: nil, now: 1)
    }
    #expect(throws: BotAPIError.notModified) { try edit(sent, text) }
    #expect(throws: BotAPIError.editNotFound) { try edit(99, text) }
    #expect(throws: BotAPIError.editForbidden) { try edit(own, text) }
    try edit(sent, FormattedText(text: "b"))
    #expect(try world.changes(chat: chat, bot: 7, after: 2)["messages"]?.items?.first?["text"] == "b")
  }

  @Test("A button press is answered once and within a minute")
  func callbacks() throws {
    var (world, chat) = try Self.world()
    _ = try world.send(bot: 7, chat: chat, content: FormattedText(text: "a"), markup: nil, now: 0)
    let pressed = try world.press("x", message: 1, chat: chat, bot: 7, now: 0)
    try world.answer(bot: 7, callback: pressed, text: "ok", showAlert: true, url: nil, now: 1)
    #expect(try world.changes(chat: chat, bot: 7, after: 1)["toasts"]?.items?.first?["text"] == "ok")
    #expect(throws: BotAPIError.queryTooOld) {
      try world.answer(bot: 7, callback: pressed, text: "", showAlert: false, url: nil, now: 2)
    }
    let late = try world.press("x", message: 1, chat: chat, bot: 7, now: 10)
    #expect(throws: BotAPIError.queryTooOld) {
      try world.answer(bot: 7, callback: late, text: "", showAlert: false, url: nil, now: 71)
    }
  }

  @Test("A button of a deleted message may still be pressed; the bot sees an inaccessible message")
  func inaccessible() throws {
    var (world, chat) = try Self.world()
    _ = try world.send(bot: 7, chat: chat, content: FormattedText(text: "a"), markup: nil, now: 5)
    try world.delete(bot: 7, chat: chat, message: 1)
    _ = try world.press("x", message: 1, chat: chat, bot: 7, now: 6)
    #expect(try Self.poll(&world, offset: 0, now: 7)?.first?.body["message"]?["date"] == 0)
    #expect(throws: BotAPIError.deleteNotFound) { try world.delete(bot: 7, chat: chat, message: 1) }
  }

  @Test("A bot that is blocked cannot send, and is told of both changes")
  func blocking() throws {
    var (world, chat) = try Self.world()
    try world.setBlocked(true, chat: chat, bot: 7, now: 0)
    #expect(throws: BotAPIError.blocked) {
      try world.send(bot: 7, chat: chat, content: FormattedText(text: "a"), markup: nil, now: 0)
    }
    try world.setBlocked(false, chat: chat, bot: 7, now: 1)
    let updates = try #require(try Self.poll(&world, offset: 0, now: 2))
    #expect(updates.map { $0.body["new_chat_member"]?["status"] } == ["kicked", "member"])
  }

  @Test("A webhook gets one update per chat at a time, in order")
  func deliveries() throws {
    var (world, ann) = try Self.world()
    let bob = try world.save(userID: nil, firstName: "Bob", username: nil, languageCode: "en").id
    _ = try world.setWebhook(
      bot: 7, Webhook(url: "http://127.0.0.1:1/", maxConnections: 9), allowed: nil, dropPending: false)
    for chat in [ann, ann, bob] { _ = try world.say("a", chat: chat, bot: 7, now: 0) }
    let due = world.dueDeliveries(busy: [], now: 1)
    #expect(due.map(\.update.chatID) == [ann, bob])
    #expect(world.dueDeliveries(busy: ["7/\(ann)"], now: 1).map(\.update.chatID) == [bob])
    world.delivered(due[0])
    #expect(world.dueDeliveries(busy: [], now: 1).map(\.update.id) == [due[0].update.id + 1, due[1].update.id])
  }

  @Test("Replaying the events gives the same state")
  func replays() throws {
    var (world, chat) = try Self.world()
    _ = try world.say("/start", chat: chat, bot: 7, now: 0)
    _ = try world.send(bot: 7, chat: chat, content: FormattedText(text: "a"), markup: nil, now: 0)
    _ = try world.press("x", message: 2, chat: chat, bot: 7, now: 0)
    try world.setBlocked(true, chat: chat, bot: 7, now: 1)
    _ = try Self.poll(&world, offset: 700_000_002, now: 2)
    var replayed = WorldState()
    for event in world.takeUnsaved() { replayed.apply(event) }
    #expect(replayed == world.state)
  }
}
