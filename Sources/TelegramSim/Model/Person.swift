/// Someone who chats with bots. The id of the private chat with a person is the person's user id.
struct Person: Codable, Sendable, Equatable {
  var id: Int
  var firstName: String
  var username: String?
  /// IETF tag as Telegram sends it: `en`, `zh-hans`, `ru`.
  var languageCode: String

  var user: JSON {
    .object(compact: [
      "id": .integer(id), "is_bot": false, "first_name": .string(firstName), "username": username.map(JSON.string),
      "language_code": .string(languageCode),
    ])
  }

  var chat: JSON {
    .object(compact: [
      "id": .integer(id), "type": "private", "first_name": .string(firstName), "username": username.map(JSON.string),
    ])
  }
}
