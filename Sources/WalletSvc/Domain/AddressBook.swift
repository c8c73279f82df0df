import Contracts
import TronKit

/// Changes of a customer's list of addresses. An address stands in it once, in whatever form it was typed; at most one
/// is the default.
enum AddressBook {
  enum Outcome: Sendable, Equatable {
    case changed([SavedAddress])
    case unchanged
    case refused(code: String, detail: String)
  }

  /// Saves an address, or gives a saved one another label: its place and whether it is the default stay. An empty
  /// label leaves the one it has, because an order that remembers its address knows of none.
  /// - Parameter renamesOnly: an address that is not saved is refused.
  static func save(
    _ address: TronAddress, label: String, in book: [SavedAddress], renamesOnly: Bool = false
  ) -> Outcome {
    guard !address.isZero else {
      return .refused(
        code: "address_unusable", detail: "nobody has the key of \(address); save an address of your own")
    }
    let label = AddressLabel.trimmed(label)
    if let fault = AddressLabel.fault(of: label) { return .refused(code: fault.code, detail: fault.detail) }
    if let index = book.firstIndex(where: { $0.address == address }) {
      guard !label.isEmpty, book[index].label != label else { return .unchanged }
      var changed = book
      changed[index] = SavedAddress(address: address, label: label, isDefault: book[index].isDefault)
      return .changed(changed)
    }
    guard !renamesOnly else { return notSaved(address) }
    guard book.count < SavedAddress.countMax else {
      return .refused(
        code: "too_many_addresses",
        detail: "\(book.count) addresses are saved, the most is \(SavedAddress.countMax); remove one first")
    }
    return .changed(book + [SavedAddress(address: address, label: label)])
  }

  /// Where the default goes, none takes its place: the next order would go to an address that nobody chose.
  static func remove(_ address: TronAddress, from book: [SavedAddress]) -> Outcome {
    let rest = book.filter { $0.address != address }
    return rest.count == book.count ? .unchanged : .changed(rest)
  }

  static func setDefault(_ address: TronAddress, in book: [SavedAddress]) -> Outcome {
    guard book.contains(where: { $0.address == address }) else { return notSaved(address) }
    let changed = book.map {
      SavedAddress(address: $0.address, label: $0.label, isDefault: $0.address == address)
    }
    return changed == book ? .unchanged : .changed(changed)
  }

  private static func notSaved(_ address: TronAddress) -> Outcome {
    .refused(code: "address_not_saved", detail: "\(address) is not among the saved addresses; save it first")
  }
}
