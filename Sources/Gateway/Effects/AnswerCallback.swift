import BusKit

/// Stops the spinner on a pressed button. Telegram accepts it for some seconds only, so it is tried a few times and
/// then left.
struct AnswerCallback: Effect {
  static let kind = "AnswerCallback"
  /// However its attempts end, nothing is left for an operator to do.
  static let policy = EffectPolicy(
    attemptsMax: nil, timeout: .seconds(8), backoff: Backoff(first: .milliseconds(300), most: .seconds(2)))
  static let attemptsMax = 3
  let callbackID: String
  /// Shown over the chat; nil: nothing.
  let toast: String?
  /// Waits for nothing else of its customer.
  var orderKey: String { "callback:\(callbackID)" }

  func run(_ context: EffectContext, telegram: TelegramClient) async throws -> EffectOutcome {
    guard context.attempt <= Self.attemptsMax else {
      context.bus.logger.debug("a button press is left unanswered", metadata: ["attempts": "\(Self.attemptsMax)"])
      return .done()
    }
    var parameters: [String: JSONValue] = ["callback_query_id": .string(callbackID)]
    if let toast { parameters["text"] = .string(toast) }
    do {
      _ = try await telegram.call("answerCallbackQuery", parameters, timeout: .seconds(5))
      return .done()
    } catch {
      switch error.verdict {
      case .transient: return .retry(after: .milliseconds(500), reason: error.description)
      case .retryAfter(let seconds): return .retry(after: .seconds(seconds), reason: error.description)
      default:
        context.bus.logger.debug("a button press was not answered", metadata: ["error": "\(error)"])
        return .done()
      }
    }
  }
}
