import Foundation

/// What bots do.
extension World {
  mutating func send(
    bot id: Int, chat: Int, content: FormattedText, photo: Photo? = nil, markup: JSON?, now: Double
  ) throws -> JSON {
    // Kept whole, the bot would be copied with all its dialogs when one of them changes.
    let (user, messageID) = (try bot(id).user, try bot(id).nextMessageID)
    let person = try person(chat)
    let dialog = dialog(id, chat)
    guard !dialog.blocked else { throw BotAPIError.blocked }
    let message = ChatMessage(
      id: messageID, fromBot: true, content: content, photo: photo, date: Int(now), keyboard: markup,
      version: dialog.version + 1)
    record(.messageSaved(bot: id, chat: chat, message))
    return message.json(bot: user, person: person)
  }

  /// Keeps a picture that came with a call.
  mutating func keep(_ bytes: Data) throws -> Photo {
    guard let (width, height) = Photo.size(ofPNG: bytes) else { throw BotAPIError.photoUnreadable }
    guard width > 0, height > 0, width + height <= Limits.photoPixels,
      max(width, height) <= Limits.photoRatio * min(width, height)
    else { throw BotAPIError.photoDimensions }
    let photo = Photo(fileID: "photo-\(state.shelf.nextNumber)", width: width, height: height, size: bytes.count)
    record(.fileKept(StoredFile(photo: photo, bytes: bytes)))
    return photo
  }

  /// Replaces text or caption (unless nil) and keyboard of a message of the bot.
  /// - Parameter isCaption: which of the two `content` is; a message has one of them for ever.
  mutating func edit(
    bot id: Int, chat: Int, message messageID: Int, content: FormattedText?, isCaption: Bool = false, markup: JSON?,
    now: Double
  ) throws -> JSON {
    let user = try bot(id).user
    let person = try person(chat)
    let dialog = dialog(id, chat)
    guard !dialog.blocked else { throw BotAPIError.blocked }
    guard let index = dialog.index(of: messageID) else { throw BotAPIError.editNotFound }
    let old = dialog.messages[index]
    guard old.fromBot else { throw BotAPIError.editForbidden }
    guard content == nil || (old.photo != nil) == isCaption else {
      throw isCaption ? BotAPIError.noCaptionToEdit : .noTextToEdit
    }
    var edited = old
    edited.content = content ?? old.content
    edited.keyboard = markup
    guard edited != old else { throw BotAPIError.notModified }
    edited.editDate = Int(now)
    edited.version = dialog.version + 1
    record(.messageSaved(bot: id, chat: chat, edited))
    return edited.json(bot: user, person: person)
  }

  mutating func delete(bot: Int, chat: Int, message: Int) throws {
    _ = try person(chat)
    let dialog = dialog(bot, chat)
    guard dialog.index(of: message) != nil else { throw BotAPIError.deleteNotFound }
    record(.messageDeleted(bot: bot, chat: chat, message: message, version: dialog.version + 1))
  }

  mutating func answer(
    bot id: Int, callback: String, text: String, showAlert: Bool, url: String?, now: Double
  ) throws {
    let bot = try bot(id)
    guard let pressed = bot.callbacks.first(where: { $0.id == callback }) else { throw BotAPIError.queryTooOld }
    record(.callbackClosed(bot: id, callback: callback))
    guard now - pressed.pressedAt <= Limits.callbackAgeSeconds else { throw BotAPIError.queryTooOld }
    let toast = Toast(
      callbackID: callback, text: text, showAlert: showAlert, url: url,
      version: dialog(id, pressed.chatID).version + 1)
    record(.toastShown(bot: id, chat: pressed.chatID, toast))
  }

  /// - Returns: false when the same webhook was set already.
  mutating func setWebhook(
    bot id: Int, _ webhook: Webhook?, allowed: [String]?, dropPending: Bool
  ) throws -> Bool {
    let bot = try bot(id)
    if let allowed { record(.allowedUpdatesSet(bot: id, allowed.isEmpty ? nil : allowed)) }
    if dropPending { record(.updatesConfirmed(bot: id, below: bot.nextUpdateID)) }
    let old = bot.webhook
    guard old?.url != webhook?.url || old?.secretToken != webhook?.secretToken
      || old?.maxConnections != webhook?.maxConnections
    else { return false }
    record(.webhookSet(bot: id, webhook))
    return true
  }

  func webhookInfo(bot id: Int) throws -> JSON {
    let bot = try bot(id)
    return .object(compact: [
      "url": .string(bot.webhook?.url ?? ""), "has_custom_certificate": false,
      "pending_update_count": .integer(bot.updates.count),
      "last_error_date": bot.webhook?.lastErrorDate.map(JSON.integer),
      "last_error_message": bot.webhook?.lastErrorMessage.map(JSON.string),
      "max_connections": bot.webhook.map { .integer($0.maxConnections) },
      "allowed_updates": bot.allowedUpdates.map { .array($0.map(JSON.string)) },
    ])
  }
}
