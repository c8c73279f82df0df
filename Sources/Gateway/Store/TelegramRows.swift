import BusKit
import Contracts
import Foundation

/// The chat in which a customer talks to the bot.
struct TelegramChatRow: Row {
  static let table = "telegram_chats"
  /// The customer's id.
  let id: String
  let userId: Int64
  var chatId: Int64
  /// Empty: nobody reads it. The column stays for the release before.
  var firstName = ""
  var languageCode: String
  /// False after Telegram said that the person blocked the bot; true again at the next sign of life.
  var isReachable: Bool
  var updatedAt: Date
  var rowKey: String { id }
}

/// An update that was applied; kept long enough to recognise it when Telegram or the journal brings it again.
struct TelegramUpdateRow: Row {
  static let table = "telegram_updates"
  let id: String
  let receivedAt: Date
  var rowKey: String { id }
}

/// A slot of a customer's chat: what it should show, and which message shows what.
struct TelegramScreenRow: Row {
  static let table = "telegram_screens"
  /// `TelegramScreenRow.key`.
  let id: String
  let customer: CustomerID
  let slot: String
  /// The message that shows the slot.
  var messageId: Int64?
  /// The newest screen asked for. An older one is never shown after it.
  var lastSeq: Int64
  /// The last `seq` that wanted a message of its own.
  var freshSeq: Int64
  /// The slot whose message may be taken over, and the last `seq` that asked for it.
  var adopts: String?
  var adoptsSeq: Int64
  var screen: Screen
  var contentHash: String
  /// The `seq` that the chat shows; -1: none.
  var shownSeq: Int64
  var shownHash: String
  var updatedAt: Date
  var rowKey: String { id }

  static func key(_ customer: CustomerID, _ slot: String) -> String { "\(customer.text)|\(slot)" }
}
