import Foundation

/// The methods that deal with pictures. A picture comes as a file of a multipart body, or as the `file_id` of one that
/// was sent before; the simulator fetches none from elsewhere.
enum PhotoMethods {
  static let send: BotMethods.Method = { world, call in
    let chat = try BotMethods.chat(call)
    _ = try world.person(chat)
    let caption = try caption(call)
    let keyboard = try BotMethods.keyboard(call)
    let photo = try photo(call, &world)
    return BotMethods.Answer(
      try world.send(bot: call.bot, chat: chat, content: caption, photo: photo, markup: keyboard, now: call.now))
  }

  static let editCaption: BotMethods.Method = { world, call in
    let (chat, message) = try BotMethods.target(call)
    return BotMethods.Answer(
      try world.edit(
        bot: call.bot, chat: chat, message: message, content: try caption(call), isCaption: true,
        markup: try BotMethods.keyboard(call), now: call.now))
  }

  /// The path is to be fetched from `/file/bot<token>/<file_path>`.
  static let getFile: BotMethods.Method = { world, call in
    guard let id = try call.parameters.text("file_id"), let file = world.state.shelf.find(id) else {
      throw BotAPIError.badRequest("invalid file_id")
    }
    guard case .object(var json) = file.photo.json else { throw BotAPIError.notFound }
    json["file_path"] = .string(path(id))
    json["width"] = nil
    json["height"] = nil
    return BotMethods.Answer(.object(json))
  }

  private static let folder = "photos/"
  private static let ending = ".png"

  private static func path(_ id: String) -> String { folder + id + ending }

  /// The `file_id` of a path that `getFile` gave; nil for any other.
  static func fileID(path: String) -> String? {
    guard path.hasPrefix(folder), path.hasSuffix(ending) else { return nil }
    return String(path.dropFirst(folder.count).dropLast(ending.count))
  }

  private static func caption(_ call: BotMethods.Call) throws -> FormattedText {
    try MessageText.make(
      try call.parameters.text("caption") ?? "", parseMode: try call.parameters.text("parse_mode"),
      entities: try call.parameters.json("caption_entities")?.items ?? [], isCaption: true)
  }

  private static func photo(_ call: BotMethods.Call, _ world: inout World) throws -> Photo {
    if let file = call.parameters.files["photo"] { return try world.keep(file) }
    guard let given = try call.parameters.text("photo"), !given.isEmpty else { throw BotAPIError.photoMissing }
    if given.hasPrefix("attach://") {
      guard let file = call.parameters.files[String(given.dropFirst("attach://".count))] else {
        throw BotAPIError.photoMissing
      }
      return try world.keep(file)
    }
    guard let known = world.state.shelf.find(given) else { throw BotAPIError.photoUnknown }
    return known.photo
  }
}
