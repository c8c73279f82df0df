import BusKit
import Contracts

/// What becomes of a message to a chat when Telegram says no.
struct TelegramFailure: Sendable {
  let error: TelegramError
  init(_ error: TelegramError) { self.error = error }

  func outcome(customer: CustomerID, _ context: EffectContext) -> EffectOutcome {
    switch error.verdict {
    case .retryAfter(let seconds):
      return .retry(after: .seconds(seconds), reason: error.description)
    case .transient:
      return .retry(after: Self.backoff(context.attempt), reason: error.description)
    case .unauthorized:
      context.bus.logger.critical("Telegram refuses the bot's token; messages wait", metadata: ["error": "\(error)"])
      return .retry(after: .seconds(60), reason: error.description)
    case .unreachable:
      return .done(needs: [.row(TelegramChatRow.self, customer.text)]) { unit in
        guard var chat = try unit.find(TelegramChatRow.self, customer.text) else { return }
        chat.isReachable = false
        chat.updatedAt = unit.now
        try unit.save(chat)
      }
    case .notModified, .messageGone, .cannotParse, .notSupported, .callbackTooOld, .otherPoller, .webhookIsSet,
    .refused:
      context.bus.metrics.counter("energy_gateway_telegram_refused_total", labels: []).increment(by: 1)
      context.bus.logger.error(
        "Telegram refused a message for good; it is not sent",
        metadata: ["customer": "\(customer)", "error": "\(error)"])
      return .done()
    }
  }

  static func backoff(_ attempt: Int) -> Duration {
    Backoff(first: .milliseconds(500), most: .seconds(30)).delay(attempt: attempt, random: .random(in: 0..<1))
  }
}
