/// What people do. Refusals are `PersonAPIError`s: they are addressed to the page or test, not to the bot.
extension World {
  /// The first id given out; beyond 32 bits, as new Telegram ids are.
  private static let firstUserID = 5_000_000_001

  /// Makes a person known, or renames one. The chat exists for every bot from then on.
  mutating func save(userID: Int?, firstName: String, username: String?, languageCode: String) throws -> Person {
    guard (1...64).contains(firstName.count) else {
      throw PersonAPIError(400, "first_name must have 1 to 64 characters, this has \(firstName.count)")
    }
    guard (2...35).contains(languageCode.count) else {
      throw PersonAPIError(400, "language_code must be like en, zh-hans or ru, this is '\(languageCode)'")
    }
    let id = userID ?? max(Self.firstUserID, (state.people.keys.max() ?? 0) + 1)
    guard (1..<(1 << 52)).contains(id) else { throw PersonAPIError(400, "user_id must be 1 to 2^52-1, this is \(id)") }
    guard state.people[id] != nil || state.people.count < Limits.people else {
      throw PersonAPIError(429, "the simulator keeps at most \(Limits.people) people")
    }
    let person = Person(id: id, firstName: firstName, username: username, languageCode: languageCode)
    if state.people[id] != person { record(.personSaved(person)) }
    return person
  }

  /// A person writes to the bot.
  mutating func say(_ text: String, chat: Int, bot id: Int, now: Double) throws -> (message: Int, update: Int?) {
    let (person, bot) = try pair(chat, id)
    let user = bot.user
    let dialog = dialog(id, chat)
    guard !dialog.blocked else {
      throw PersonAPIError(409, "person \(chat) has blocked the bot; unblock it first")
    }
    let plain = MessageText.trimmed(FormattedText(text: text))
    guard (1...Limits.textUnits).contains(plain.text.utf16.count) else {
      throw PersonAPIError(400, "text must have 1 to \(Limits.textUnits) UTF-16 units")
    }
    let content = FormattedText(text: plain.text, entities: MessageText.commands(in: plain))
    let message = ChatMessage(
      id: bot.nextMessageID, fromBot: false, content: content, date: Int(now), version: dialog.version + 1)
    record(.messageSaved(bot: id, chat: chat, message))
    let json = message.json(bot: user, person: person)
    return (message.id, queue("message", json, bot: id, chat: chat, now: now))
  }

  /// A person presses a button. Any data may be pressed on any message that once existed: keyboards live for ever in
  /// Telegram's clients.
  /// - Returns: the callback id.
  mutating func press(_ data: String, message: Int, chat: Int, bot id: Int, now: Double) throws -> String {
    let (person, bot) = try pair(chat, id)
    guard (1...Limits.callbackDataBytes).contains(data.utf8.count) else {
      throw PersonAPIError(400, "data must have 1 to \(Limits.callbackDataBytes) bytes, this has \(data.utf8.count)")
    }
    guard message > 0, message < bot.nextMessageID else {
      throw PersonAPIError(404, "there is no message \(message) in chat \(chat)")
    }
    let dialog = dialog(id, chat)
    let pressed: JSON
    if let index = dialog.index(of: message) {
      guard dialog.messages[index].fromBot else {
        throw PersonAPIError(400, "message \(message) is the person's own and has no buttons")
      }
      pressed = dialog.messages[index].json(bot: bot.user, person: person)
    } else {
      // InaccessibleMessage: deleted.
      pressed = ["chat": person.chat, "message_id": .integer(message), "date": 0]
    }
    let callback = Callback(id: "\(chat)\(1_000_000 + bot.nextCallbackID)", chatID: chat, pressedAt: now)
    record(.callbackPressed(bot: id, callback))
    _ = queue(
      "callback_query",
      [
        "id": .string(callback.id), "from": person.user, "message": pressed,
        "chat_instance": .string("\(chat &* 31 &+ id)"), "data": .string(data),
      ],
      bot: id, chat: chat, now: now)
    return callback.id
  }

  mutating func setBlocked(_ blocked: Bool, chat: Int, bot id: Int, now: Double) throws {
    let (person, bot) = try pair(chat, id)
    let user = bot.user
    let dialog = dialog(id, chat)
    guard dialog.blocked != blocked else { return }
    record(.chatBlocked(bot: id, chat: chat, blocked, version: dialog.version + 1))
    func member(_ blocked: Bool) -> JSON {
      // Bot API: a banned member has an `until_date`, 0 for ever.
      .object(compact: [
        "user": user, "status": blocked ? "kicked" : "member", "until_date": blocked ? 0 : nil,
      ])
    }
    _ = queue(
      "my_chat_member",
      [
        "chat": person.chat, "from": person.user, "date": .integer(Int(now)),
        "old_chat_member": member(!blocked),
        "new_chat_member": member(blocked),
      ],
      bot: id, chat: chat, now: now)
  }

  /// Hands an update out once more, confirmed or not.
  mutating func duplicate(update id: Int, bot: Int) throws {
    let known = (state.bots[bot]?.history ?? []) + (state.bots[bot]?.updates ?? [])
    guard let update = known.first(where: { $0.id == id }) else {
      throw PersonAPIError(404, "update \(id) is not among the last \(Limits.updateHistory) of bot \(bot)")
    }
    redeliveries[bot, default: []].append(update)
    redeliveries[bot]?.keepLast(Limits.updateHistory)
  }

  /// What changed in a chat after `version`.
  func changes(chat: Int, bot: Int, after version: Int) throws -> JSON {
    _ = try pair(chat, bot)
    let dialog = dialog(bot, chat)
    return [
      "version": .integer(dialog.version), "blocked": .bool(dialog.blocked),
      "messages": .array(dialog.changed(after: version).map(\.view)),
      "deleted": .array(
        dialog.deleted.filter { $0.version > version }.map {
          ["message_id": .integer($0.messageID), "version": .integer($0.version)]
        }),
      "toasts": .array(dialog.toasts.filter { $0.version > version }.map(\.view)),
    ]
  }

  /// The command menu a person sees: Telegram's order of scopes for a private chat, each in the person's language
  /// first.
  func commands(chat: Int, bot id: Int) throws -> JSON {
    let (person, bot) = try pair(chat, id)
    let scopes = [
      "{\"chat_id\":\(chat),\"type\":\"chat\"}", "{\"type\":\"all_private_chats\"}", "{\"type\":\"default\"}",
    ]
    let short = String(person.languageCode.prefix(2))
    for scope in scopes {
      for language in [short, ""] {
        if let list = bot.commands.first(where: { $0.scope == scope && $0.languageCode == language }) {
          return list.commands
        }
      }
    }
    return []
  }

  /// The bot a person-side call is about: the one named, or the first that ever called.
  func chosenBot(_ id: Int?) throws -> Int {
    if let id {
      guard state.bots[id] != nil else { throw PersonAPIError(404, "bot \(id) has not called yet") }
      return id
    }
    guard let first = state.botOrder.first else {
      throw PersonAPIError(409, "no bot has called yet; start the bot and try again")
    }
    return first
  }

  private func pair(_ chat: Int, _ bot: Int) throws -> (Person, Bot) {
    guard let person = state.people[chat] else {
      throw PersonAPIError(404, "there is no chat \(chat); create it with POST /sim/chats")
    }
    guard let bot = state.bots[bot] else { throw PersonAPIError(404, "bot \(bot) has not called yet") }
    return (person, bot)
  }
}
