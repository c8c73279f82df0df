import Contracts
import TronKit

/// Which data of other services a screen needs.
enum LoadRequest: Codable, Sendable, Equatable {
  case durations(Energy)
  case receivers
  /// - isNew: the customer has just sent the address; it is saved when the chain knows it as an account.
  case offer(receiver: TronAddress, energy: Energy, durationSeconds: Int64, isNew: Bool)
  case balance
  /// Assigns an address where the customer has none yet.
  case deposit
  case addresses
  case address(TronAddress)
  /// These change the address book and say what became of it.
  case save(TronAddress)
  case remove(TronAddress)
  case rename(TronAddress, label: String)
  case makeDefault(TronAddress)
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
    case .addresses, .remove: .addresses
    case .deposit: .deposit
    case .address(let address), .save(let address), .rename(let address, _), .makeDefault(let address):
      .address(address)
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
  case deposit(DepositAddressView)
  /// No address could be assigned: none is ready yet, or this installation takes no deposits.
  case depositNotReady
  case depositsOff
  case book(BookAnswer)
  case orders(OrderPage)
  case order(OrderView)
  /// The energy or duration is no longer on offer.
  case notOffered
  case orderNotFound
  /// A service did not answer in time.
  case unavailable(LoadRequest)
}

/// What came back about the address book.
enum BookAnswer: Sendable, Equatable {
  case addresses(SavedAddresses)
  /// - chain: nil: the chain could not be read.
  /// - saved: nil: it is not in the address book, or wallet-svc did not answer.
  case address(TronAddress, chain: ChainAccountView?, saved: SavedAddress?)
  case saved(TronAddress)
  case removed(TronAddress)
  case renamed(TronAddress, label: String)
  case becameDefault(TronAddress)
  /// wallet-svc's code for why nothing was changed.
  case refused(TronAddress, code: String)
}
