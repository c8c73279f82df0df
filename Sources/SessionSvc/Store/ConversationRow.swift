import BusKit
import Contracts
import Foundation

/// A customer's conversation. Removed when it has been idle for a week.
struct ConversationRow: Row {
  static let table = "conversations"

  /// The customer.
  let id: CustomerID
  var state: StoredConversation
  /// The hour of it.
  var updatedAt: Date

  var rowKey: String { id.text }
}

/// A conversation with the version of its form. One that an older or newer release wrote in another form starts
/// anew: the customer gets the menu, and no order can come of a misread one.
struct StoredConversation: Codable, Sendable, Equatable {
  /// 2: may expect a label, which version 1 cannot read.
  static let version = 2
  private static let readable = 1...2

  var conversation: Conversation

  private enum Keys: String, CodingKey { case version, conversation }

  init(_ conversation: Conversation) { self.conversation = conversation }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    guard try Self.readable.contains(container.decode(Int.self, forKey: .version)) else {
      conversation = Conversation()
      return
    }
    conversation = try container.decode(Conversation.self, forKey: .conversation)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(Self.version, forKey: .version)
    try container.encode(conversation, forKey: .conversation)
  }
}
