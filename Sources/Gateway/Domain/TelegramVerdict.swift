/// What an error of the Bot API asks of us. Decided by `error_code` and `parameters`; texts are matched only where
/// Telegram offers nothing else.
enum TelegramVerdict: Sendable, Equatable {
  /// The message already looks like that: as good as success.
  case notModified
  /// The message cannot be edited any more: send another one.
  case messageGone
  /// The person has blocked the bot or is gone.
  case unreachable
  /// Too fast for this chat (or for all): wait this long.
  case retryAfter(seconds: Int64)
  /// The HTML is wrong: a mistake in a template.
  case cannotParse
  /// The server is older than a field we sent (local servers and emulators): it takes the message without.
  case notSupported
  /// The answer to a button came too late, or twice.
  case callbackTooOld
  /// The token is wrong or revoked.
  case unauthorized
  /// Another process polls for updates with this token.
  case otherPoller
  /// A webhook is set: it has to go before polling.
  case webhookIsSet
  /// Telegram's or the network's trouble: try again.
  case transient
  /// Our mistake; repeating it changes nothing.
  case refused

  static func of(code: Int, description: String, retryAfter: Int64?) -> TelegramVerdict {
    let text = description.lowercased()
    switch code {
    // 404: no such bot. A token that Telegram does not know is answered so.
    case 401, 404: return .unauthorized
    case 403: return .unreachable
    case 409: return text.contains("webhook is active") ? .webhookIsSet : .otherPoller
    case 429: return .retryAfter(seconds: min(max(1, retryAfter ?? 1), 3600))
    case 500...: return .transient
    default: break
    }
    let table: [(part: String, verdict: TelegramVerdict)] = [
      ("message is not modified", .notModified), ("message to edit not found", .messageGone),
      ("message can't be edited", .messageGone), ("message_id_invalid", .messageGone),
      // It is a photo.
      ("no text in the message to edit", .messageGone),
      ("can't parse entities", .cannotParse), ("not supported", .notSupported), ("query is too old", .callbackTooOld),
      ("chat not found", .unreachable),
    ]
    return table.first { text.contains($0.part) }?.verdict ?? .refused
  }
}
