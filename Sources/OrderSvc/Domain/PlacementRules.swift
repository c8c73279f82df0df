import Contracts
import TronKit

/// Whether an order may be placed, and at what price.
enum PlacementRules {
  /// - Parameter isExpired: the command is older than its time to live.
  static func check(
    _ command: PlaceOrder, catalogue: ProductCatalogue, isExpired: Bool
  ) -> (price: Sun, refusal: OrderFailure?) {
    switch catalogue.quote(energy: command.energy, durationSeconds: command.durationSeconds) {
    case .failure(let reason): return (.zero, isExpired ? .expired : reason)
    case .success(let quote):
      if isExpired { return (quote.price, .expired) }
      if let most = command.priceMax, quote.price > most { return (quote.price, .priceChanged) }
      if command.receiver.isZero { return (quote.price, .receiverNotAllowed) }
      return (quote.price, nil)
    }
  }
}
