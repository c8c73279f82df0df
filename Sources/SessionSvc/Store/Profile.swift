import BusKit
import Contracts

/// What is known of a customer for as long as there is one.
struct Profile: Row, Equatable {
  static let table = "profiles"

  /// The customer.
  let id: CustomerID
  var language: Language
  /// Chosen by the customer; otherwise it follows Telegram's language code.
  var isLanguageChosen: Bool
  /// Alerts carry a language: a change of it is passed on to whoever has them on.
  var alertsOn: Bool
  /// The `seq` of the last screen in the slot `menu`. Lives here because it must never start anew.
  var screenSeq: Int64

  var rowKey: String { id.text }

  init(_ customer: CustomerID, language: Language) {
    id = customer
    self.language = language
    isLanguageChosen = false
    alertsOn = false
    screenSeq = 0
  }
}
