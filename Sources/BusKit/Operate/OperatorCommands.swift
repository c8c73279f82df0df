import Crypto
import Foundation

/// Which effects an operator means.
public enum EffectSelection: Codable, Sendable, Equatable {
  case one(UUID)
  /// The dead ones of a kind.
  case kind(String)
  /// All dead ones.
  case all

  var words: String {
    switch self {
    case .one(let id): "effect \(id.text)"
    case .kind(let kind): "dead effects of kind \(kind)"
    case .all: "all dead effects"
    }
  }
}

/// Runs effects again: dead ones with their attempts begun anew, one that waits for its next attempt at once.
public struct RetryEffects: OperatorCommand {
  public static let messageType = "bus.RetryEffects"
  /// Which effects.
  public let selection: EffectSelection
  /// Who, why, and under which key.
  public let action: OperatorAction
  public var subject: String { selection.words }
  public init(_ selection: EffectSelection, action: OperatorAction) {
    self.selection = selection
    self.action = action
  }
}

/// Forgets dead effects for ever.
public struct PurgeEffects: OperatorCommand {
  public static let messageType = "bus.PurgeEffects"
  /// A hundred years.
  public static let olderThanSecondsMax = 36_500 * 86_400
  /// Which effects.
  public let selection: EffectSelection
  /// Only those given up longer ago than this; 0: whatever their age.
  public let olderThanSeconds: Int
  /// Who, why, and under which key.
  public let action: OperatorAction
  public var subject: String { "\(selection.words) older than \(olderThanSeconds) s" }
  public init(_ selection: EffectSelection, olderThanSeconds: Int = 0, action: OperatorAction) {
    self.selection = selection
    self.olderThanSeconds = olderThanSeconds
    self.action = action
  }
}

/// Sends messages of the outbox again that were sent before, as the messages they were: readers that have handled them
/// change nothing. Answers to questions are never sent again.
public struct ReplayOutbox: OperatorCommand {
  public static let messageType = "bus.ReplayOutbox"
  /// With at least `from` or `key`.
  public let selection: ReplaySelection
  /// Who, why, and under which key.
  public let action: OperatorAction
  public var subject: String { selection.words }
  public init(_ selection: ReplaySelection, action: OperatorAction) {
    self.selection = selection
    self.action = action
  }
}

extension ReplaySelection {
  var words: String {
    let parts = [
      from.map { "sent from \(MessageCoder.timestamp($0))" }, to.map { "to \(MessageCoder.timestamp($0))" },
      key.map { "with key \($0)" }, topic.map { "of topic \($0)" }, type.map { "of type \($0)" },
    ]
    return "messages " + parts.compactMap { $0 }.joined(separator: " ")
  }
}

/// Lets a schedule fire now; its next time follows from then.
public struct RunSchedule: OperatorCommand {
  public static let messageType = "bus.RunSchedule"
  /// The schedule's name.
  public let name: String
  /// Who, why, and under which key.
  public let action: OperatorAction
  public var subject: String { "schedule \(name)" }
  public init(name: String, action: OperatorAction) {
    self.name = name
    self.action = action
  }
}

/// Puts dead letters of the service's own group back into their stream, or forgets them. What inboxes may have
/// forgotten is not put back: the answer says how many stayed, and is no success when none moved.
public struct SettleDeadLetters: OperatorCommand {
  public static let messageType = "bus.SettleDeadLetters"
  /// More in one command would not fit the time of an effect.
  public static let lettersMax = 1000

  /// What is to become of them: put back, or forgotten.
  public enum Deed: String, Codable, Sendable { case replay, purge }
  /// Where a dead letter lies.
  public struct Place: Codable, Sendable, Equatable, Hashable {
    /// Of the topic, from 0.
    public let partition: Int
    /// `DeadLetter.id`
    public let id: String
    public init(partition: Int, id: String) {
      self.partition = partition
      self.id = id
    }
  }

  /// What is to become of them.
  public let deed: Deed
  /// A topic that the service reads.
  public let topic: String
  /// From 1 to `lettersMax`.
  public let letters: [Place]
  /// Who, why, and under which key.
  public let action: OperatorAction
  /// Names the first letter, and of several a digest of all: the same key for others must not pass for the same action.
  public var subject: String {
    let names = letters.map { "\($0.partition)/\($0.id)" }
    let digest = SHA256.hash(data: Data(names.joined(separator: " ").utf8)).prefix(6)
    let all = names.count > 1 ? ", digest " + digest.map { String(format: "%02x", $0) }.joined() : ""
    return "\(deed.rawValue) \(letters.count) dead letters of \(topic) from \(names.first ?? "none")\(all)"
  }
  public init(_ deed: Deed, topic: String, letters: [Place], action: OperatorAction) {
    self.deed = deed
    self.topic = topic
    self.letters = letters
    self.action = action
  }
}
