import BusKit

/// What a person did in the bot: wrote a text or pressed a button.
public struct UserInput: Message {
  public enum Kind: Codable, Sendable, Equatable {
    case text(String)
    /// The button's data and the slot of the screen it stands on.
    case button(data: String)
  }
  public static let messageType = "session.UserInput"
  public static let topic = Topic.sessionCommands
  public let customer: CustomerID
  public let kind: Kind
  /// Telegram's language code of the person as last heard, `zh-hans`, `en` …; decides the language until the person
  /// chooses one. Empty while Telegram has not said it.
  public let languageCode: String
  /// Nobody reads it, so nobody is named: sent empty, for readers of the release before, which need it.
  public let firstName: String?
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, kind: Kind, languageCode: String, firstName: String? = "") {
    self.customer = customer
    self.kind = kind
    self.languageCode = languageCode
    self.firstName = firstName
  }
}
