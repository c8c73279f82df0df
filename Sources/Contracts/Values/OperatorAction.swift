import BusKit
import Foundation

/// Who ordered what by hand, and why. Every operator command carries one.
public struct OperatorAction: Codable, Sendable, Equatable {
  public let actor: String
  public let reason: String
  /// The idempotency key: the same key is the same action, however often it is sent.
  public let key: String

  public init(actor: String, reason: String, key: String) {
    self.actor = actor
    self.reason = reason
    self.key = key
  }
}

/// The answer to an operator's command.
public struct CommandResult: Message {
  public static let messageType = "bus.CommandResult"
  public static let topic = Topic("replies", groups: [])
  public let ok: Bool
  /// Stable, for programs: `done`, `unchanged`, or what is wrong.
  public let code: String
  public let detail: String
  public var messageKey: String { code }

  public init(ok: Bool, code: String, detail: String) {
    self.ok = ok
    self.code = code
    self.detail = detail
  }
}
