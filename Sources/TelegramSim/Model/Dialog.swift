/// The private chat of one person with one bot.
struct Dialog: Codable, Sendable, Equatable {
  var blocked = false
  /// Ascending by id.
  var messages: [ChatMessage] = []
  var deleted: [Deletion] = []
  var toasts: [Toast] = []
  /// Grows with everything a reader of the chat can see.
  var version = 0

  struct Deletion: Codable, Sendable, Equatable {
    var messageID: Int
    var version: Int
  }

  /// Looked through without copying the messages that have not changed.
  func changed(after version: Int) -> [ChatMessage] {
    messages.indices.compactMap { messages[$0].version > version ? messages[$0] : nil }
  }

  func index(of messageID: Int) -> Int? {
    var (low, high) = (0, messages.count)
    while low < high {
      let middle = (low + high) / 2
      if messages[middle].id < messageID { low = middle + 1 } else { high = middle }
    }
    return low < messages.count && messages[low].id == messageID ? low : nil
  }
}
