import Synchronization
import TestKit
import Testing

@testable import TelegramSim

@Suite("Bell")
struct BellTests {
  /// How often each waiter has looked.
  private final class Looks: Sendable {
    private let counts = Mutex<[Bell.Place: Int]>([:])
    private let isOver = Mutex(false)

    func count(_ place: Bell.Place) -> Int { counts.withLock { $0[place] ?? 0 } }
    func end() { isOver.withLock { $0 = true } }
    func look(_ place: Bell.Place) -> Bool? {
      counts.withLock { $0[place, default: 0] += 1 }
      return isOver.withLock { $0 } ? true : nil
    }
  }

  @Test("Only who waits where something changes is woken")
  func wakesOnePlace() async throws {
    let (bell, looks) = (Bell(), Looks())
    let ann = Bell.Place.chat(1, bot: 7)
    let others: [Bell.Place] = [.chat(2, bot: 7), .chat(1, bot: 8), .bot(7), .webhooks]
    try await withThrowingTaskGroup(of: Bool?.self) { group in
      for place in [ann] + others {
        group.addTask { try await bell.wait(at: place, until: Simulator.now + 60) { looks.look(place) } }
      }
      try await eventually("everybody waits") { bell.waitingCount == 5 }
      try await eventually("everybody has looked") { ([ann] + others).allSatisfy { looks.count($0) == 1 } }
      bell.ring([ann])
      try await eventually("Ann looks again") { looks.count(ann) == 2 }
      #expect(others.allSatisfy { looks.count($0) == 1 })
      looks.end()
      bell.ring(Set([ann] + others))
      for try await found in group { #expect(found == true) }
    }
    #expect(bell.waitingCount == 0)
  }

  @Test("What is said wakes polls and webhooks, and what is shown wakes its chat")
  func places() throws {
    var world = World()
    try world.meet(bot: 7)
    let chat = try world.save(userID: nil, firstName: "Ann", username: nil, languageCode: "en").id
    #expect(world.takeUnsaved().flatMap(\.places).isEmpty)
    _ = try world.say("a", chat: chat, bot: 7, now: 0)
    #expect(Set(world.takeUnsaved().flatMap(\.places)) == [.chat(chat, bot: 7), .bot(7), .webhooks])
    _ = try world.send(bot: 7, chat: chat, content: FormattedText(text: "b"), markup: nil, now: 0)
    #expect(Set(world.takeUnsaved().flatMap(\.places)) == [.chat(chat, bot: 7)])
    let pressed = try world.press("x", message: 2, chat: chat, bot: 7, now: 0)
    #expect(Set(world.takeUnsaved().flatMap(\.places)) == [.bot(7), .webhooks])
    try world.answer(bot: 7, callback: pressed, text: "", showAlert: false, url: nil, now: 1)
    #expect(Set(world.takeUnsaved().flatMap(\.places)) == [.chat(chat, bot: 7)])
  }

  @Test("A poll that waits is ended by a repeated update, by a newer poll and by a webhook", arguments: [
    "repeat", "poll", "webhook",
  ])
  func endsPolls(by cause: String) async throws {
    let simulator = try Simulator(folder: nil)
    let server = TelegramServer(simulator: simulator, host: "127.0.0.1", port: 0)
    try await serving({ server.application(running: $0) }) { port in
      let server = TestServer(base: "http://127.0.0.1:\(port)")
      let chat = try await server.introduce()
      let said = try await server.post("/sim/chats/\(chat)/messages", ["text": "a"])
      let update = try #require(said.json["update_id"]?.int)
      let next: JSON = ["timeout": 40, "offset": .integer(update + 1)]
      async let polled = server.bot("getUpdates", next)
      try await eventually("the poll waits") { simulator.bell.waitingCount == 2 }
      switch cause {
      case "repeat": _ = try await server.post("/sim/updates/duplicate", ["update_id": .integer(update)])
      case "poll": _ = try await server.bot("getUpdates", ["timeout": 0, "offset": .integer(update + 2)])
      default: _ = try await server.bot("setWebhook", ["url": "http://127.0.0.1:9/"])
      }
      let answer = try await polled
      if cause == "repeat" {
        #expect(answer.json["result"]?.items?.compactMap { $0["update_id"]?.int } == [update])
      } else {
        #expect(answer.status == 409)
      }
    }
  }
}
