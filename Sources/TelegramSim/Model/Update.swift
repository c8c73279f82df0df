/// An update waiting for the bot.
struct Update: Codable, Sendable, Equatable {
  var id: Int
  /// `message`, `callback_query` or `my_chat_member`.
  var kind: String
  var chatID: Int
  var body: JSON
  /// Unix seconds; Telegram keeps updates for 24 hours.
  var queuedAt: Double

  var json: JSON { .object(["update_id": .integer(id), kind: body]) }
}
