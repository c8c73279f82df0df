/// A refusal in Telegram's words: `error_code` (also the HTTP status), `description`, and the wait after a 429.
struct BotAPIError: Error, Equatable {
  var code: Int
  var description: String
  /// Seconds; sent as `parameters.retry_after` and as the `Retry-After` header.
  var retryAfter: Int?

  init(_ code: Int, _ description: String, retryAfter: Int? = nil) {
    self.code = code
    self.description = description
    self.retryAfter = retryAfter
  }

  static func badRequest(_ what: String) -> BotAPIError { BotAPIError(400, "Bad Request: \(what)") }

  // Texts: tdlib/telegram-bot-api.
  static let invalidToken = BotAPIError(401, "Unauthorized: invalid token specified")
  static let methodNotFound = BotAPIError(404, "Not Found: method not found")
  static let notFound = BotAPIError(404, "Not Found")
  static let chatNotFound = badRequest("chat not found")
  static let textEmpty = badRequest("message text is empty")
  static let textTooLong = badRequest("message is too long")
  static let captionTooLong = badRequest("message caption is too long")
  static let photoMissing = badRequest("there is no photo in the request")
  static let photoUnknown = badRequest("wrong file identifier/HTTP URL specified")
  static let photoUnreadable = badRequest("IMAGE_PROCESS_FAILED")
  static let photoDimensions = badRequest("PHOTO_INVALID_DIMENSIONS")
  static let noTextToEdit = badRequest("there is no text in the message to edit")
  static let noCaptionToEdit = badRequest("there is no caption in the message to edit")
  static let editNotFound = badRequest("message to edit not found")
  static let editForbidden = badRequest("message can't be edited")
  static let deleteNotFound = badRequest("message to delete not found")
  static let buttonData = badRequest("BUTTON_DATA_INVALID")
  static let markupTooLong = badRequest("reply markup is too long")
  static let blocked = BotAPIError(403, "Forbidden: bot was blocked by the user")
  static let queryTooOld = badRequest("query is too old and response timeout expired or query ID is invalid")
  static let notModified = badRequest(
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
      + "content and reply markup of the message")
  static let webhookActive = BotAPIError(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
  static let otherPoller = BotAPIError(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
  static let webhookTookOver = BotAPIError(409, "Conflict: terminated by setWebhook request")
}
