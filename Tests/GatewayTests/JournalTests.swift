import Foundation
import Logging
import Testing

@testable import Gateway

@Suite struct JournalTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func entry(_ id: Int64, isRefused: Bool = false) -> JournalEntry {
    JournalEntry(
      receivedAt: Samples.now, isRefused: isRefused, update: ["update_id": .int(id), "message": ["text": "a\nb 中"]])
  }

  private func inFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = NSTemporaryDirectory() + "journal-" + UUID().uuidString
    let result: Result<T, any Error>
    do { result = .success(try await body(folder)) } catch { result = .failure(error) }
    try FileManager.default.removeItem(atPath: folder)
    return try result.get()
  }

  private func size(_ folder: String) throws -> Int {
    try Data(contentsOf: URL(fileURLWithPath: folder + "/updates.jsonl")).count
  }

  @Test func `A line is one entry, whatever is in it`() throws {
    let line = try entry(1, isRefused: true).line()
    #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(try JournalEntry(line: line.dropLast()) == entry(1, isRefused: true))
  }

  @Test func `A last line that a crash cut short is dropped`() throws {
    let whole = try entry(1).line() + entry(2).line()
    for cut in [1, 10, try entry(3).line().count - 1] {
      let content = JournalContent(whole + Array(try entry(3).line().prefix(cut)))
      #expect(content.entries == [entry(1), entry(2)])
      #expect(content.wholeLength == whole.count)
      #expect(content.unreadable.isEmpty)
    }
  }

  @Test func `A line that something else wrote is put aside, its neighbours are kept`() throws {
    let content = JournalContent(try entry(1).line() + Array("garbage\n".utf8) + entry(2).line())
    #expect(content.entries == [entry(1), entry(2)])
    #expect(content.unreadable == [Array("garbage".utf8)])
  }

  @Test func `What was not applied is there after a restart, in order`() async throws {
    try await inFolder { folder in
      do {
        let journal = try UpdateJournal(directory: folder, logger: logger)
        try await journal.append([entry(1), entry(2)])
        try await journal.append([entry(3)])
        try await journal.finish(1)
      }
      let journal = try UpdateJournal(directory: folder, logger: logger)
      #expect(journal.oldest(2) == [entry(1), entry(2)])
      #expect(journal.oldest(9) == [entry(1), entry(2), entry(3)])
      try await journal.finish(2)
      #expect(journal.oldest(9) == [entry(3)])
      try await journal.finish(1)
      #expect(journal.oldest(9).isEmpty)
    }
  }

  @Test func `The file is emptied when everything has been applied, and used again`() async throws {
    try await inFolder { folder in
      let journal = try UpdateJournal(directory: folder, logger: logger)
      try await journal.append([entry(1), entry(2)])
      try await journal.finish(1)
      #expect(try size(folder) > 0)
      try await journal.finish(1)
      #expect(try size(folder) == 0)
      try await journal.append([entry(3)])
      #expect(try size(folder) == entry(3).line().count)
      #expect(journal.oldest(1) == [entry(3)])
      #expect(journal.waitingCount == 1)
    }
  }

  @Test func `A restart goes on after a line that was cut short`() async throws {
    try await inFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let bytes = try entry(1).line() + Array(try entry(2).line().prefix(9))
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/updates.jsonl"))
      do {
        let journal = try UpdateJournal(directory: folder, logger: logger)
        #expect(journal.waitingCount == 1)
        try await journal.append([entry(3)])
      }
      let again = try UpdateJournal(directory: folder, logger: logger)
      #expect(again.waitingCount == 2)
    }
  }

  @Test func `An entry that cannot be applied is kept aside`() async throws {
    try await inFolder { folder in
      let journal = try UpdateJournal(directory: folder, logger: logger)
      try await journal.setAside(entry(1))
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/set-aside.jsonl")))
      #expect(JournalContent(bytes).entries == [entry(1)])
    }
  }
}
