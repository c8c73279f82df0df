import BusKit
import Contracts
import Postgres

/// Tells somebody whom the bot can reach again how the orders went meanwhile: a message that says "safe to send now"
/// must not stand there when the rental has ended. Only messages of orders that are behind, the newest first; the menu
/// is shown anew whenever it is asked for.
struct ShowMissed: Effect {
  static let kind = "ShowMissed"
  /// Reads the database only.
  static let policy = EffectPolicy(attemptsMax: nil, timeout: .seconds(15), concurrency: 4)
  /// What the chat is asked for next waits behind these, and Telegram takes about one message a second from a chat.
  /// Orders before them are told by the list of orders.
  static let ordersMax: Int64 = 20

  let customer: CustomerID
  /// Not the chat's own key: a release that does not know this effect must not have a chat's messages wait behind it.
  /// A screen that is delivered meanwhile is harmless, because `DeliverScreen` reads what is still to be shown.
  var orderKey: String { "missed:\(customer.text)" }

  func run(_ context: EffectContext) async throws -> EffectOutcome {
    let customer = self.customer
    let slots = try await context.bus.lookUp { session in
      try session.execute(Self.missed, [.text(customer.text), .int(Self.ordersMax)]).rows.map { try $0.string("slot") }
    }
    return .done { unit in
      for slot in slots { try unit.start(DeliverScreen(customer: customer, slot: slot)) }
    }
  }

  /// Walks `telegram_screens_missed`.
  private static let missed = """
    select slot from telegram_screens
    where customer = $1 and slot like 'order:%' and last_seq > shown_seq
    order by updated_at desc limit $2
    """
}
