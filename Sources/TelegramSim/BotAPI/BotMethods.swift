import Foundation

/// The methods that answer at once. `getUpdates` waits and is the `Simulator`'s.
///
/// Unknown parameters are ignored, as by Telegram. Names are looked up in lower case.
enum BotMethods {
  /// What a method answers: the result, and the remark Telegram adds for webhooks.
  struct Answer: Sendable, Equatable {
    var result: JSON
    var description: String?

    init(_ result: JSON, _ description: String? = nil) {
      self.result = result
      self.description = description
    }
  }

  struct Call: Sendable {
    var bot: Int
    var parameters: Parameters
    /// Unix seconds.
    var now: Double
  }

  typealias Method = @Sendable (inout World, Call) throws -> Answer

  static let all: [String: Method] = [
    "getme": { world, call in
      guard case .object(var me) = try world.bot(call.bot).user else { throw BotAPIError.notFound }
      me.merge([
        "can_join_groups": false, "can_read_all_group_messages": false, "supports_inline_queries": false,
        "can_connect_to_business": false, "has_main_web_app": false,
      ]) { old, _ in old }
      return Answer(.object(me))
    },
    "sendmessage": sendMessage,
    "sendphoto": PhotoMethods.send,
    "editmessagecaption": PhotoMethods.editCaption,
    "getfile": PhotoMethods.getFile,
    "editmessagetext": editMessageText,
    "editmessagereplymarkup": editMessageReplyMarkup,
    "deletemessage": { world, call in
      try world.delete(bot: call.bot, chat: try chat(call), message: call.parameters.int("message_id") ?? 0)
      return Answer(true)
    },
    "answercallbackquery": answerCallbackQuery,
    "sendchataction": { world, call in
      let chat = try chat(call)
      _ = try world.person(chat)
      if world.dialog(call.bot, chat).blocked { throw BotAPIError.blocked }
      return Answer(true)
    },
    "getchat": { world, call in Answer(try world.person(try chat(call)).chat) },
    "setmycommands": setMyCommands,
    "getmycommands": { world, call in
      let (scope, language) = try commandScope(call)
      let list = try world.bot(call.bot).commands.first { $0.scope == scope && $0.languageCode == language }
      return Answer(list?.commands ?? [])
    },
    "deletemycommands": { world, call in
      let (scope, language) = try commandScope(call)
      world.record(
        .commandsSet(bot: call.bot, CommandList(scope: scope, languageCode: language, commands: [])))
      return Answer(true)
    },
    "setchatmenubutton": accept, "setmydescription": accept, "setmyshortdescription": accept, "setmyname": accept,
    "getchatmenubutton": { _, _ in Answer(["type": "commands"]) },
    "setwebhook": setWebhook,
    "deletewebhook": { world, call in
      let deleted = try world.setWebhook(
        bot: call.bot, nil, allowed: nil, dropPending: call.parameters.flag("drop_pending_updates"))
      return Answer(true, deleted ? "Webhook was deleted" : "Webhook is already deleted")
    },
    "getwebhookinfo": { world, call in Answer(try world.webhookInfo(bot: call.bot)) },
  ]

  private static let accept: Method = { _, _ in Answer(true) }

  private static let sendMessage: Method = { world, call in
    let chat = try chat(call)
    _ = try world.person(chat)
    return Answer(
      try world.send(
        bot: call.bot, chat: chat, content: try content(call), markup: try keyboard(call), now: call.now))
  }

  private static let editMessageText: Method = { world, call in
    let (chat, message) = try target(call)
    return Answer(
      try world.edit(
        bot: call.bot, chat: chat, message: message, content: try content(call), markup: try keyboard(call),
        now: call.now))
  }

  private static let editMessageReplyMarkup: Method = { world, call in
    let (chat, message) = try target(call)
    return Answer(
      try world.edit(
        bot: call.bot, chat: chat, message: message, content: nil, markup: try keyboard(call), now: call.now))
  }

  private static let answerCallbackQuery: Method = { world, call in
    let text = try call.parameters.text("text") ?? ""
    guard text.count <= Limits.toastCharacters else { throw BotAPIError.badRequest("MESSAGE_TOO_LONG") }
    try world.answer(
      bot: call.bot, callback: try call.parameters.text("callback_query_id") ?? "", text: text,
      showAlert: call.parameters.flag("show_alert"), url: try call.parameters.text("url"), now: call.now)
    return Answer(true)
  }

  private static let setMyCommands: Method = { world, call in
    guard let commands = try call.parameters.json("commands")?.items else {
      throw BotAPIError.badRequest("can't parse commands: expected an Array of BotCommand")
    }
    guard commands.count <= Limits.commands else { throw BotAPIError.badRequest("BOT_COMMANDS_TOO_MUCH") }
    var kept: [JSON] = []
    for command in commands {
      let name = (command["command"]?.text ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "/"))
      guard (1...32).contains(name.count), name.wholeMatch(of: /[a-z0-9_]+/) != nil else {
        throw BotAPIError.badRequest("BOT_COMMAND_INVALID")
      }
      guard let description = command["description"]?.text, (1...256).contains(description.count) else {
        throw BotAPIError.badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
      }
      kept.append(["command": .string(name), "description": .string(description)])
    }
    let (scope, language) = try commandScope(call)
    guard try world.bot(call.bot).commands.count < Limits.commandListsPerBot else {
      throw BotAPIError.badRequest("too many command lists, at most \(Limits.commandListsPerBot)")
    }
    world.record(
      .commandsSet(bot: call.bot, CommandList(scope: scope, languageCode: language, commands: .array(kept))))
    return Answer(true)
  }

  private static let setWebhook: Method = { world, call in
    let url = try call.parameters.text("url") ?? ""
    let dropPending = call.parameters.flag("drop_pending_updates")
    guard !url.isEmpty else {
      let deleted = try world.setWebhook(bot: call.bot, nil, allowed: nil, dropPending: dropPending)
      return Answer(true, deleted ? "Webhook was deleted" : "Webhook is already deleted")
    }
    guard WebhookURL.isLoopback(url) else {
      throw BotAPIError.badRequest("bad webhook: the simulator delivers to http://127.0.0.1, localhost and [::1] only")
    }
    let secret = try call.parameters.text("secret_token") ?? ""
    guard secret.utf8.count <= Limits.secretTokenLength else {
      throw BotAPIError.badRequest("secret token is too long")
    }
    guard secret.wholeMatch(of: /[A-Za-z0-9_-]*/) != nil else {
      throw BotAPIError.badRequest("secret token contains unallowed characters")
    }
    let connections = min(max(call.parameters.int("max_connections") ?? 40, 1), 100)
    let changed = try world.setWebhook(
      bot: call.bot, Webhook(url: url, secretToken: secret.isEmpty ? nil : secret, maxConnections: connections),
      allowed: try call.parameters.words("allowed_updates"), dropPending: dropPending)
    return Answer(true, changed ? "Webhook was set" : "Webhook is already set")
  }

  // MARK: Parameters that several methods share

  static func chat(_ call: Call) throws -> Int {
    guard let text = try call.parameters.text("chat_id"), !text.isEmpty else {
      throw BotAPIError.badRequest("chat_id is empty")
    }
    guard let chat = Int(text) else { throw BotAPIError.chatNotFound }
    return chat
  }

  static func target(_ call: Call) throws -> (chat: Int, message: Int) {
    if try call.parameters.text("inline_message_id") != nil { throw BotAPIError.badRequest("MESSAGE_ID_INVALID") }
    let chat = try chat(call)
    guard let message = call.parameters.int("message_id") else {
      throw BotAPIError.badRequest("message identifier is not specified")
    }
    return (chat, message)
  }

  private static func content(_ call: Call) throws -> FormattedText {
    guard let text = try call.parameters.text("text"), !text.isEmpty else { throw BotAPIError.textEmpty }
    return try MessageText.make(
      text, parseMode: try call.parameters.text("parse_mode"),
      entities: try call.parameters.json("entities")?.items ?? [])
  }

  static func keyboard(_ call: Call) throws -> JSON? {
    try InlineKeyboard.validated(try call.parameters.json("reply_markup"))
  }

  /// The canonical text of the scope, and the language.
  private static func commandScope(_ call: Call) throws -> (String, String) {
    let scope = try call.parameters.json("scope")
    let canonical = JSON.object(compact: [
      "type": scope?["type"] ?? "default", "chat_id": scope?["chat_id"]?.int.map(JSON.integer),
      "user_id": scope?["user_id"]?.int.map(JSON.integer),
    ])
    return (
      String(decoding: try canonical.encoded(), as: UTF8.self), try call.parameters.text("language_code") ?? ""
    )
  }
}
