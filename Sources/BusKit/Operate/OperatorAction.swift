/// Who ordered what by hand, and why. Every operator command carries one.
public struct OperatorAction: Codable, Sendable, Equatable {
  /// The longest reason and key that are taken, in characters and bytes.
  public static let reasonLengthMax = 500
  /// The longest key that is taken, in bytes.
  public static let keyLengthMax = 200

  /// Who: a user's name.
  public let actor: String
  /// Why, for the audit log.
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
public struct CommandResult: Message, Equatable {
  public static let messageType = "bus.CommandResult"
  public static let topic = Topic("replies", groups: [])
  /// Whether it was done, now or before.
  public let ok: Bool
  /// Stable, for programs: `done`, `unchanged`, or what is wrong.
  public let code: String
  /// A sentence for people.
  public let detail: String
  public var messageKey: String { code }

  public init(ok: Bool, code: String, detail: String) {
    self.ok = ok
    self.code = code
    self.detail = detail
  }
}

/// An operator's command that a service has applied to its own part of the bus: what `Service.onOperatorAction` is
/// told.
public struct AppliedAction: Sendable, Equatable {
  /// The service that applied it.
  public let service: String
  /// The command's message type, e.g. `bus.RetryEffects`.
  public let command: String
  /// What it was about, in words.
  public let subject: String
  /// Who, why, and under which key.
  public let action: OperatorAction
  /// `done`, `unchanged`, or `accepted` for what takes longer than a transaction.
  public let outcome: String
}
