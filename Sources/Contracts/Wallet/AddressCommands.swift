import BusKit
import TronKit

/// Remembers a receiving address for a customer, or gives a saved one another label; an empty label leaves the one it
/// has. Answered with CommandResult: `done`, `unchanged`, or refused as `too_many_addresses`, `label_too_long`,
/// `label_unprintable`, `address_unusable` or `address_not_saved`.
public struct SaveAddress: Message {
  public static let messageType = "wallet.SaveAddress"
  public static let topic = Topic.walletCommands
  public let customer: CustomerID
  public let address: TronAddress
  /// What the customer calls it. Spaces around it are left out.
  public let label: String
  /// True: an address that is not saved (it may have been removed meanwhile) is refused as `address_not_saved`.
  /// Missing, as in messages of the release before, it is saved.
  public let renamesOnly: Bool?
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, address: TronAddress, label: String, renamesOnly: Bool = false) {
    self.customer = customer
    self.address = address
    self.label = label
    self.renamesOnly = renamesOnly ? true : nil
  }
}

/// Forgets a saved address. Where it was the default, there is none afterwards. Answered with CommandResult: `done` or
/// `unchanged`.
public struct RemoveAddress: Message {
  public static let messageType = "wallet.RemoveAddress"
  public static let topic = Topic.walletCommands
  public let customer: CustomerID
  public let address: TronAddress
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, address: TronAddress) {
    self.customer = customer
    self.address = address
  }
}

/// Makes a saved address the one that is proposed first. Answered with CommandResult: `done`, `unchanged`, or refused
/// as `address_not_saved`.
public struct SetDefaultAddress: Message {
  public static let messageType = "wallet.SetDefaultAddress"
  public static let topic = Topic.walletCommands
  public let customer: CustomerID
  public let address: TronAddress
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, address: TronAddress) {
    self.customer = customer
    self.address = address
  }
}

/// An address in a customer's list.
public struct SavedAddress: Sendable, Equatable {
  /// How many addresses a customer may save.
  public static let countMax = 20
  public let address: TronAddress
  /// Empty without one.
  public let label: String
  /// At most one of a customer's is.
  public let isDefault: Bool
  public init(address: TronAddress, label: String, isDefault: Bool = false) {
    self.address = address
    self.label = label
    self.isDefault = isDefault
  }
}

extension SavedAddress: Codable {
  private enum Key: String, CodingKey { case address, label, isDefault }

  /// `isDefault` is missing in rows and messages of the release before.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      address: try values.decode(TronAddress.self, forKey: .address),
      label: try values.decode(String.self, forKey: .label),
      isDefault: try values.decodeIfPresent(Bool.self, forKey: .isDefault) ?? false)
  }

  /// Written as the release before writes it, unless it is the default.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(address, forKey: .address)
    try values.encode(label, forKey: .label)
    if isDefault { try values.encode(isDefault, forKey: .isDefault) }
  }
}
