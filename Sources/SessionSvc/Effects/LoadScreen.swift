import BusKit
import Contracts

/// Gathers the data of a screen from other services; its outcome shows the screen. Safe to run again: it asks, and
/// sends commands that may be repeated.
struct LoadScreen: Effect {
  static let kind = "session.LoadScreen"
  static let policy = EffectPolicy(
    attemptsMax: 3, timeout: .seconds(6), backoff: Backoff(first: .milliseconds(200), most: .seconds(1)),
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
    return show(try await loader.load(request, for: customer))
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
