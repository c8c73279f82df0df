import Contracts

/// What follows from one input in one state.
enum OrderDecision: Sendable, Equatable {
  /// The order is in this state afterwards; OrderChanged tells everybody, unless nothing that others see changed.
  case move(OrderState, [OrderAction])
  /// Nothing that others see changes.
  case keep([OrderAction])
  /// Expected, and of no consequence.
  case ignore(Reason)
  /// A message that overtook the one before it: handed back, and delivered again a little later.
  case later(Reason)
  /// No sequence of correct steps leads here: dead-lettered, an incident.
  case error(Reason)

  enum Reason: String, Sendable {
    case repeated
    case pastIt = "past it"
    case staleTimer = "stale timer"
    case nothingDelivered = "nothing delivered"
    case confirmationFirst = "confirmation first"
    case unknownOrder = "unknown order"
    case neverAsked = "never asked for"
    case moneyWasHeld = "money was held"
    case isSolid = "is solid"
    case saidImpossible = "was said to be impossible"
    case notEnding = "not ending"
    case notActive = "not active"
  }

  /// One cell of the table in docs/orders.md.
  var cell: String {
    switch self {
    case .move(let state, let actions): "→ **\(state.rawValue)**" + list(actions)
    case .keep(let actions): "same" + list(actions)
    case .ignore(let reason): "ignored: \(reason.rawValue)"
    case .later(let reason): "later: \(reason.rawValue)"
    case .error(let reason): "error: \(reason.rawValue)"
    }
  }

  private func list(_ actions: [OrderAction]) -> String {
    actions.isEmpty ? "" : " · " + actions.map(\.name).joined(separator: ", ")
  }
}
