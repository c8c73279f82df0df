/// Why a call of the Bot API has no result. Never holds the token: the URL is not repeated.
struct TelegramError: Error, Sendable, CustomStringConvertible {
  let method: String
  /// Telegram's `error_code`, or 0 when there was no readable answer.
  let code: Int
  let message: String
  let verdict: TelegramVerdict

  var description: String { "\(method): \(code == 0 ? "" : "\(code) ")\(message.prefix(300))" }
}
