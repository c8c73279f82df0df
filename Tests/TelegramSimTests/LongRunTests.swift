import Foundation
import TestKit
import Testing

@testable import TelegramSim

/// What keeps the simulator quick and bounded however long it runs.
@Suite("Long runs")
struct LongRunTests {
  @Test("The log is replaced when its events have outgrown the snapshot, and says the same")
  func boundedLog() async throws {
    try await withTemporaryFolder { folder in
      let growth = 4_000
      let opened = try EventLog.open(in: folder, growthBytes: growth)
      var (log, state) = (try #require(opened.0), opened.1)
      let file = folder.appending(path: "telegram.jsonl")
      var sizes: [Int] = []
      for number in 0..<400 {
        let event = Event.personSaved(
          Person(id: number % 5, firstName: "Ann \(number)", username: nil, languageCode: "en"))
        state.apply(event)
        try log.append([event], state: state)
        sizes.append(try Data(contentsOf: file).count)
      }
      #expect(zip(sizes, sizes.dropFirst()).filter { $0 > $1 }.count > 3)
      let snapshot = try #require(sizes.min())
      #expect(try #require(sizes.max()) < snapshot + growth + 500)
      #expect(try EventLog.open(in: folder).1 == state)
    }
  }

  @Test("A connection on which nothing comes is closed")
  func closesIdleConnections() async throws {
    let server = TelegramServer(
      simulator: try Simulator(folder: nil), host: "127.0.0.1", port: 0, idle: .milliseconds(200))
    try await serving({ server.application(running: $0) }) { port in
      // Returns when the server closes.
      let answer = try await rawAnswer(port: port, Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("A wait that is longer than connections may be idle is answered all the same")
  func keepsWaitingConnections() async throws {
    let server = TelegramServer(
      simulator: try Simulator(folder: nil), host: "127.0.0.1", port: 0, idle: .milliseconds(300))
    try await serving({ server.application(running: $0) }) { port in
      let server = TestServer(base: "http://127.0.0.1:\(port)")
      let chat = try await server.introduce()
      let seen = try await server.get("/sim/chats/\(chat)/messages?wait=0.8")
      #expect(seen.json["version"] == 0)
    }
  }

  @Test("The journal gives what has not been read before")
  func journalAfter() throws {
    var journal = CallJournal()
    for method in ["sendMessage", "getUpdates", "sendMessage"] {
      journal.add(bot: 7, method: method, parameters: [:], failure: nil, now: 0)
    }
    #expect(journal.list(method: nil).compactMap { $0["number"]?.int } == [1, 2, 3])
    #expect(journal.list(method: nil, after: 1).compactMap { $0["number"]?.int } == [2, 3])
    #expect(journal.list(method: "sendmessage", after: 1).compactMap { $0["number"]?.int } == [3])
  }

  @Test("A message is found by its id, however many there are")
  func findsMessages() {
    var dialog = Dialog()
    #expect(dialog.index(of: 1) == nil)
    dialog.messages = [2, 3, 5, 8].map {
      ChatMessage(id: $0, fromBot: true, content: FormattedText(text: "a"), date: 0, version: $0)
    }
    #expect((1...9).map { dialog.index(of: $0) } == [nil, 0, 1, nil, 2, nil, nil, 3, nil])
    #expect(dialog.changed(after: 3).map(\.id) == [5, 8])
  }

  @Test("State is kept in a folder or nowhere, and one of the two must be said")
  func options() throws {
    let kept = try Options(["--address", "127.0.0.1:81", "--data", "/tmp/x"])
    #expect(kept.host == "127.0.0.1" && kept.port == 81 && kept.data?.path == "/tmp/x")
    #expect(try Options(["--memory"]).data == nil)
    #expect(try Options(["--help"]).asksForHelp)
    for wrong in [[], ["--data", "/tmp/x", "--memory"], ["--data"], ["--address", "81", "--memory"], ["--fast"]] {
      #expect(throws: Options.UsageError.self) { try Options(wrong) }
    }
  }
}
