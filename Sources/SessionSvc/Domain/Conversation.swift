import Contracts
import TronKit

/// Where one customer stands in the conversation: what the next text means, and what has been chosen so far.
struct Conversation: Codable, Sendable, Equatable {
  /// What a plain text from the customer is taken for.
  enum Expecting: String, Codable, Sendable {
    case nothing, energy, receiver, newAddress, label
  }

  /// A rental that is being put together.
  struct Draft: Codable, Sendable, Equatable {
    var energy: Energy?
    var durationSeconds: Int64?
    /// A receiver chosen before energy and duration, from the address book.
    var receiver: TronAddress?
  }

  var expecting = Expecting.nothing
  var draft = Draft()
  /// The saved address that the next text is a label for.
  var renaming: TronAddress?
  /// What the confirm screen shows. Confirming places exactly this.
  var offer: Offer?
  /// The order placed last: pressing its Confirm again changes nothing.
  var lastOrder: OrderID?
  /// Grows with every input. Data that was asked for at an earlier one comes too late to be shown.
  var ticket: Int64 = 0
}
