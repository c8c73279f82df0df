import Foundation

/// One line of the journal: an update as Telegram sent it, when it came, and whether it was turned away at the door.
struct JournalEntry: Codable, Sendable, Equatable {
  /// By this machine's clock. Decides only whether a button press is still fresh enough to act on.
  let receivedAt: Date
  /// The press was answered with "busy, nothing was done"; it must never be applied.
  let isRefused: Bool
  let update: JSONValue

  init(receivedAt: Date, isRefused: Bool = false, update: JSONValue) {
    self.receivedAt = receivedAt
    self.isRefused = isRefused
    self.update = update
  }

  /// JSON has no raw line break, so a line is an entry.
  func line() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .millisecondsSince1970
    return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  init(line: some Sequence<UInt8>) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .millisecondsSince1970
    self = try decoder.decode(JournalEntry.self, from: Data(line))
  }
}

/// What a journal file holds after a crash.
struct JournalContent: Sendable, Equatable {
  var entries: [JournalEntry] = []
  /// Whole lines that cannot be read: something else wrote there. They are put aside, never applied.
  var unreadable: [[UInt8]] = []
  /// Bytes of whole lines. What follows is a line that a crash cut short: its update was never confirmed, so it comes
  /// again.
  var wholeLength = 0

  init(_ bytes: [UInt8]) {
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = bytes[start..<end]
      start = end + 1
      guard !line.isEmpty else { continue }
      do { entries.append(try JournalEntry(line: line)) } catch { unreadable.append(Array(line)) }
    }
    wholeLength = start
  }
}
