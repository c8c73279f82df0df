import BusKit
import Contracts
import Logging

/// Gathers the data of a screen from other services; its outcome shows the screen. Safe to run again: it asks, and
/// sends commands that may be repeated.
struct LoadScreen: Effect {
  static let kind = "session.LoadScreen"
  private static let attemptsMax = 3
  static let policy = EffectPolicy(
    attemptsMax: attemptsMax, timeout: .seconds(6), backoff: Backoff(first: .milliseconds(200), most: .seconds(1)),
    concurrency: 64)

  let customer: CustomerID
  let request: LoadRequest
  /// The conversation's ticket when it was asked for: once the customer has gone on, the screen is not shown.
  let ticket: Int64
  let isFresh: Bool

  var orderKey: String { customer.text }

  func run(_ context: EffectContext) async throws -> EffectOutcome {
    // The effect's id is the same in every run, and so is the order that Confirm will place.
    let loader = ScreenLoader(asking: context.bus, order: .derived(from: context.id))
    let isLastTry = context.attempt >= Self.attemptsMax
    return show(try await load(with: loader, isLastTry: isLastTry, logger: context.bus.logger))
  }

  /// The last try ends with what the customer is told, whatever went wrong: nothing is left that an operator could do.
  func load(with loader: ScreenLoader, isLastTry: Bool, logger: Logger) async throws -> Loaded {
    do { return try await loader.load(request, for: customer) } catch where isLastTry && !(error is CancellationError) {
      logger.warning(
        "a screen was not loaded; its customer is told to try later",
        metadata: ["customer": "\(customer)", "error": "\(error)"])
      return .unavailable(request)
    }
  }

  /// What to write when no run came to an end.
  static func exhausted(_ effect: LoadScreen, _ reason: String) -> EffectOutcome {
    effect.show(.unavailable(effect.request))
  }

  private func show(_ loaded: Loaded) -> EffectOutcome {
    .done(needs: SessionUnit.needs(customer)) { unit in
      var session = try SessionUnit(unit, customer, language: .en)
      guard session.conversation.ticket == ticket else { return }
      var dialogue = session.dialogue
      let actions = dialogue.receive(loaded, isFresh: isFresh)
      try session.finish(dialogue, actions)
    }
  }
}
