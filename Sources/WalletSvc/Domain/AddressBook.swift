import Contracts
import TronKit

/// Changes of a customer's list of addresses.
enum AddressBook {
  static let labelLengthMax = 40

  enum Outcome: Sendable, Equatable {
    case changed([SavedAddress])
    case unchanged
    case refused(code: String, detail: String)
  }

  /// Saves an address, or gives a saved one another label.
  static func save(_ address: TronAddress, label: String, in book: [SavedAddress]) -> Outcome {
    guard label.count <= labelLengthMax else {
      return .refused(
        code: "label_too_long", detail: "the label has \(label.count) characters; the most is \(labelLengthMax)")
    }
    let saved = SavedAddress(address: address, label: label)
    if let index = book.firstIndex(where: { $0.address == address }) {
      guard book[index] != saved else { return .unchanged }
      var changed = book
      changed[index] = saved
      return .changed(changed)
    }
    guard book.count < SavedAddress.countMax else {
      return .refused(
        code: "too_many_addresses",
        detail: "\(book.count) addresses are saved, the most is \(SavedAddress.countMax); remove one first")
    }
    return .changed(book + [saved])
  }

  static func remove(_ address: TronAddress, from book: [SavedAddress]) -> Outcome {
    let rest = book.filter { $0.address != address }
    return rest.count == book.count ? .unchanged : .changed(rest)
  }
}
