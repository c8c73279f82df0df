/// One update of the Bot API, as much of it as this bot uses. Unknown kinds and fields are no error: Telegram adds some
/// every few weeks.
struct TelegramUpdate: Sendable, Equatable {
  struct Person: Sendable, Equatable {
    let userID: Int64
    let chatID: Int64
    /// Telegram's language code of the person's app, or empty.
    let languageCode: String
  }

  enum Kind: Sendable, Equatable {
    case text(Person, String)
    case press(Person, callbackID: String, data: String)
    /// The person blocked the bot, or unblocked it.
    case membership(Person, isMember: Bool)
    /// Something this bot has no use for.
    case other
  }

  static let textLengthMax = 4096
  private static let callbackLengthMax = 256
  static let kinds: JSONValue = ["message", "callback_query", "my_chat_member"]

  let id: Int64
  let kind: Kind

  /// nil when there is no `update_id`: such a thing cannot be confirmed, so it is not an update.
  init?(_ json: JSONValue) {
    guard let id = json["update_id"]?.int else { return nil }
    self.id = id
    kind =
      Self.message(json["message"]) ?? Self.press(json["callback_query"]) ?? Self.member(json["my_chat_member"])
      ?? .other
  }

  var person: Person? {
    switch kind {
    case .text(let person, _), .press(let person, _, _), .membership(let person, _): person
    case .other: nil
    }
  }

  private static func message(_ json: JSONValue?) -> Kind? {
    guard let json, let text = json["text"]?.string,
      let person = person(from: json["from"], chat: json["chat"])
    else { return nil }
    return .text(person, storable(text, lengthMax: textLengthMax))
  }

  private static func press(_ json: JSONValue?) -> Kind? {
    guard let json, let callbackID = json["id"]?.string, let data = json["data"]?.string,
      let person = person(from: json["from"], chat: json["message"]?["chat"])
    else { return nil }
    return .press(
      person, callbackID: storable(callbackID, lengthMax: callbackLengthMax),
      data: storable(data, lengthMax: callbackLengthMax))
  }

  private static func member(_ json: JSONValue?) -> Kind? {
    guard let json, let status = json["new_chat_member"]?["status"]?.string,
      let person = person(from: json["from"], chat: json["chat"])
    else { return nil }
    return .membership(person, isMember: status != "kicked" && status != "left")
  }

  /// Private chats only: there the chat's id is the user's, and nobody else reads along.
  private static func person(from user: JSONValue?, chat: JSONValue?) -> Person? {
    guard let user, let userID = user["id"]?.int, user["is_bot"]?.bool != true, let chatID = chat?["id"]?.int,
      chat?["type"]?.string == "private"
    else { return nil }
    return Person(
      userID: userID, chatID: chatID,
      languageCode: storable(user["language_code"]?.string ?? "", lengthMax: 16))
  }

  /// Postgres has no NUL in texts: one would make its update fail, and hold up everybody's behind it.
  private static func storable(_ text: String, lengthMax: Int) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text.unicodeScalars.prefix(lengthMax).filter { $0.value != 0 })
    return String(scalars)
  }
}
