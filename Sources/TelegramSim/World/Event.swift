/// Everything that can happen to the lasting state. The log on disk is a list of these.
enum Event: Codable, Sendable, Equatable {
  case personSaved(Person)
  case botSeen(Int)
  /// Inserts the message, or replaces the one with its id.
  case messageSaved(bot: Int, chat: Int, ChatMessage)
  case fileKept(StoredFile)
  case messageDeleted(bot: Int, chat: Int, message: Int, version: Int)
  case toastShown(bot: Int, chat: Int, Toast)
  case chatBlocked(bot: Int, chat: Int, Bool, version: Int)
  case updateQueued(bot: Int, Update)
  /// The bot has them: every pending update with a lower id leaves the queue.
  case updatesConfirmed(bot: Int, below: Int)
  case updateDelivered(bot: Int, update: Int)
  case updatesExpired(bot: Int, before: Double)
  case allowedUpdatesSet(bot: Int, [String]?)
  case webhookSet(bot: Int, Webhook?)
  case callbackPressed(bot: Int, Callback)
  case callbackClosed(bot: Int, callback: String)
  case commandsSet(bot: Int, CommandList)

  /// Where somebody may be waiting for it.
  var places: [Bell.Place] {
    switch self {
    case .messageSaved(let bot, let chat, _), .messageDeleted(let bot, let chat, _, _),
      .toastShown(let bot, let chat, _), .chatBlocked(let bot, let chat, _, _):
      [.chat(chat, bot: bot)]
    case .updateQueued(let bot, _), .webhookSet(let bot, _): [.bot(bot), .webhooks]
    case .personSaved, .botSeen, .fileKept, .updatesConfirmed, .updateDelivered, .updatesExpired, .allowedUpdatesSet,
      .callbackPressed, .callbackClosed, .commandsSet:
      []
    }
  }
}
