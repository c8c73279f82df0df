import BusKit

/// What becomes of a message to a chat when Telegram says no.
struct TelegramFailure: Sendable {
  let error: TelegramError
  init(_ error: TelegramError) { self.error = error }

  /// - Parameter chat: as it was known before the call.
  func outcome(of effect: some Effect, to chat: TelegramChatRow, _ context: EffectContext) -> EffectOutcome {
    switch error.verdict {
    case .retryAfter(let seconds):
      return .retry(after: .seconds(seconds), reason: error.description)
    case .transient:
      return .retry(after: Self.backoff(context.attempt), reason: error.description)
    case .unauthorized:
      context.bus.logger.critical("Telegram refuses the bot's token; messages wait", metadata: ["error": "\(error)"])
      return .retry(after: .seconds(60), reason: error.description)
    case .unreachable:
      return Self.unreachable(effect, chat)
    case .notModified, .messageGone, .cannotParse, .notSupported, .callbackTooOld, .otherPoller, .webhookIsSet,
    .refused:
      context.bus.metrics.counter("energy_gateway_telegram_refused_total", labels: []).increment(by: 1)
      context.bus.logger.error(
        "Telegram refused a message for good; it is not sent",
        metadata: ["customer": "\(chat.id)", "error": "\(error)"])
      return .done()
    }
  }

  /// The answer may be older than the person's last sign of life. Then it says nothing about the chat, which may be
  /// reachable again, and the message is tried once more.
  private static func unreachable(_ effect: some Effect, _ seen: TelegramChatRow) -> EffectOutcome {
    .done(needs: [.row(TelegramChatRow.self, seen.id)]) { unit in
      guard var chat = try unit.find(TelegramChatRow.self, seen.id), chat.isReachable else { return }
      guard chat.updatedAt == seen.updatedAt else { return try unit.start(effect) }
      chat.isReachable = false
      chat.updatedAt = unit.now
      try unit.save(chat)
    }
  }

  static func backoff(_ attempt: Int) -> Duration {
    Backoff(first: .milliseconds(500), most: .seconds(30)).delay(attempt: attempt, random: .random(in: 0..<1))
  }
}
