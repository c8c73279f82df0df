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

  func index(of messageID: Int) -> Int? { messages.firstIndex { $0.id == messageID } }
}
