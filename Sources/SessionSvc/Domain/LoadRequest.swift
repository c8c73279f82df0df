import Contracts
import TronKit

/// Which data of other services a screen needs.
enum LoadRequest: Codable, Sendable, Equatable {
  case durations(Energy)
  case receivers
  /// - isNew: the customer has just sent the address; it is saved when the chain knows it as an account.
  case offer(receiver: TronAddress, energy: Energy, durationSeconds: Int64, isNew: Bool)
  case balance
  case addresses
  case address(TronAddress)
  case orders(after: OrderID?)
  case order(OrderID)

  /// The button that asks for the same again.
  /// - Parameter durationSeconds: the duration chosen so far.
  func retry(durationSeconds: Int64?) -> ButtonData {
    switch self {
    case .durations(let energy): .energy(energy)
    case .receivers: durationSeconds.map { .duration(seconds: $0) } ?? .rent
    case .offer(let receiver, _, _, _): .receiver(receiver)
    case .balance: .balance
    case .addresses: .addresses
    case .address(let address): .address(address)
    case .orders(let after): .orders(after: after)
    case .order(let order): .order(order)
    }
  }
}

/// What came back for a `LoadRequest`.
enum Loaded: Sendable, Equatable {
  case durations(Energy, PriceList)
  case receivers(SavedAddresses)
  case offer(OfferFacts, order: OrderID, isNew: Bool)
  case balance(CustomerBalance)
  case addresses(SavedAddresses)
  /// nil: the chain could not be read.
  case address(TronAddress, ChainAccountView?)
  case orders(OrderPage)
  case order(OrderView)
  /// The energy or duration is no longer on offer.
  case notOffered
  case orderNotFound
  /// A service did not answer in time.
  case unavailable(LoadRequest)
}
