import BusKit
import Foundation

/// HTML for Telegram. Only escaped text gets in: plain text through interpolation, tags through the named functions.
public struct BotHTML: Codable, Sendable, Equatable, ExpressibleByStringInterpolation {
  public private(set) var source: String

  public init(stringLiteral value: String) { source = value }
  public init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }
  public init(text: String) { source = Self.escape(text) }
  public init(from decoder: any Decoder) throws { source = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(source)
  }

  public static func escape(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }

  public static func code(_ text: String) -> BotHTML { tag("code", text) }
  public static func bold(_ text: String) -> BotHTML { tag("b", text) }
  private static func tag(_ name: String, _ text: String) -> BotHTML {
    var html = BotHTML(text: text)
    html.source = "<\(name)>\(html.source)</\(name)>"
    return html
  }
  public static func + (a: BotHTML, b: BotHTML) -> BotHTML {
    var sum = a
    sum.source += b.source
    return sum
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var source = ""
    public init(literalCapacity: Int, interpolationCount: Int) {}
    public mutating func appendLiteral(_ literal: String) { source += literal }
    public mutating func appendInterpolation(_ text: String) { source += BotHTML.escape(text) }
    public mutating func appendInterpolation(_ value: some BinaryInteger) { source += "\(value)" }
    public mutating func appendInterpolation(_ html: BotHTML) { source += html.source }
  }
}

/// A message of the bot with its keyboard, and with a QR code where it has one.
public struct Screen: Codable, Sendable, Equatable {
  public struct Button: Codable, Sendable, Equatable {
    public enum Action: Codable, Sendable, Equatable {
      /// At most 64 bytes.
      case data(String)
      case url(String)
      case copy(String)
    }
    public let label: String
    public let action: Action
    public init(_ label: String, _ action: Action) {
      self.label = label
      self.action = action
    }
  }
  public var html: BotHTML
  public var rows: [[Button]]
  /// What a QR code above the text says; nil: no picture. Such a message is a photo, its text a caption of at most
  /// 1,024 characters; it is always sent and never edited. A gateway of the release before shows the text alone, so the
  /// text must say everything.
  public var qr: String?
  public init(html: BotHTML, rows: [[Button]] = [], qr: String? = nil) {
    self.html = html
    self.rows = rows
    self.qr = qr
  }
}

extension Screen {
  public static let dataBytesMax = 64
  public static let copyLengthMax = 256
  public static let buttonsMax = 100

  /// Limits that Telegram would refuse later, where nobody waits for the answer any more. Who makes a screen asks this,
  /// and so does who gets one.
  /// - Throws: `InvariantViolation`.
  public func check() throws {
    try html.check()
    let buttons = rows.flatMap { $0 }
    guard buttons.count <= Self.buttonsMax else {
      throw InvariantViolation("a screen has \(buttons.count) buttons; the most is \(Self.buttonsMax)")
    }
    for button in buttons { try button.check() }
  }
}

extension Screen.Button {
  fileprivate func check() throws {
    switch action {
    case .data(let data):
      guard (1...Screen.dataBytesMax).contains(data.utf8.count) else {
        throw InvariantViolation(
          "the button '\(label)' has \(data.utf8.count) bytes of data; give 1 to \(Screen.dataBytesMax)")
      }
    case .copy(let text):
      guard (1...Screen.copyLengthMax).contains(text.count) else {
        throw InvariantViolation(
          "the button '\(label)' copies \(text.count) characters; give 1 to \(Screen.copyLengthMax)")
      }
    case .url(let url):
      guard !url.isEmpty else { throw InvariantViolation("the button '\(label)' has an empty URL") }
    }
  }
}

extension BotHTML {
  /// Telegram counts 4096 characters without tags; with tags nothing longer than this can be right.
  public static let lengthMax = 16_384

  /// - Throws: `InvariantViolation` when it is empty or too long.
  public func check() throws {
    guard (1...Self.lengthMax).contains(source.count) else {
      throw InvariantViolation("a message has \(source.count) characters; give 1 to \(Self.lengthMax)")
    }
  }
}

/// Shows a screen in a customer's chat. The gateway keeps, per customer and slot, the Telegram message that shows it,
/// and edits it in place; it sends a new one when there is none, when it can no longer be edited, or when `isFresh`.
public struct ShowScreen: Message {
  public static let messageType = "gateway.ShowScreen"
  public static let topic = Topic.gatewayCommands
  public let customer: CustomerID
  /// `menu`, `order:<id>`: what the message is about.
  public let slot: String
  /// Take over the message of this slot (the confirmed menu becomes the order's message); that slot is then empty.
  public let adopts: String?
  public let isFresh: Bool
  /// An older screen never replaces a newer one of the same slot.
  public let seq: Int64
  public let screen: Screen
  public var messageKey: String { customer.text }
  public init(
    customer: CustomerID, slot: String, adopts: String? = nil, isFresh: Bool = false, seq: Int64, screen: Screen
  ) {
    self.customer = customer
    self.slot = slot
    self.adopts = adopts
    self.isFresh = isFresh
    self.seq = seq
    self.screen = screen
  }
}

/// Sends a message of its own to a customer's chat: alerts and notices.
public struct NotifyCustomer: Message {
  public static let messageType = "gateway.NotifyCustomer"
  public static let topic = Topic.gatewayCommands
  public let customer: CustomerID
  public let html: BotHTML
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, html: BotHTML) {
    self.customer = customer
    self.html = html
  }
}

/// An operator creates a client of the REST API. Only the secret's SHA-256 crosses the bus. Answered with
/// CommandResult.
public struct CreateClient: Message {
  public static let messageType = "gateway.CreateClient"
  public static let topic = Topic.gatewayCommands
  public let client: ClientID
  public let customer: CustomerID
  public let name: String
  public let secretHash: Data
  public let action: OperatorAction
  public var messageKey: String { client.text }
  public init(client: ClientID, customer: CustomerID, name: String, secretHash: Data, action: OperatorAction) {
    self.client = client
    self.customer = customer
    self.name = name
    self.secretHash = secretHash
    self.action = action
  }
}

/// For the audit log: published by the service that applied an operator's command, in the same transaction.
public struct OperatorActed: Message {
  public static let messageType = "gateway.OperatorActed"
  public static let topic = Topic.gatewayCommands
  public let service: String
  public let command: String
  public let subject: String
  public let action: OperatorAction
  public let outcome: String
  public var messageKey: String { action.key }
  public init(service: String, command: String, subject: String, action: OperatorAction, outcome: String) {
    self.service = service
    self.command = command
    self.subject = subject
    self.action = action
    self.outcome = outcome
  }
}
