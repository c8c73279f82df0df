import Contracts
import TronKit

/// What follows from a step of the conversation. The handler carries it out in the step's own transaction.
enum Action: Sendable, Equatable {
  /// In the slot `menu`.
  case show(Screen, isFresh: Bool)
  /// A photo with a QR code, always a message of its own: a text cannot become one.
  case showPicture(Screen)
  case load(LoadRequest, isFresh: Bool)
  case place(Offer)
  case setLanguage(Language)
  /// Beside something else: nothing is said of it.
  case saveAddress(TronAddress)
  case setAlerts(Bool)
}
