import BusKit

/// A customer turns alerts on or off (`/alerts on`).
public struct SetAlertSubscription: Message {
  public static let messageType = "monitor.SetAlertSubscription"
  public static let topic = Topic.monitorCommands
  public let customer: CustomerID
  public let isOn: Bool
  /// The language for alert texts: `en` or `zh`.
  public let language: String
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, isOn: Bool, language: String) {
    self.customer = customer
    self.isOn = isOn
    self.language = language
  }
}
