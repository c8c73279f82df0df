import BusKit
import Foundation

/// An operator encrypts every supplier key under one master key, in the background, while orders go on. Answered with
/// CommandResult when it is done; refused while a living replica lacks the key.
public struct RotateKeys: Message {
  public static let messageType = "tx.RotateKeys"
  public static let topic = Topic.txCommands
  /// The master key's id.
  public let keyID: String
  public let action: OperatorAction
  public var messageKey: String { "keys" }
  public init(keyID: String, action: OperatorAction) {
    self.keyID = keyID
    self.action = action
  }
}

/// Which master and sealing keys there are, what needs them, and which replica has them. Names keys, never tells them.
public struct GetKeys: Query {
  public typealias Reply = KeysView
  public static let messageType = "tx.GetKeys"
  public static let topic = Topic.txQueries
  public var messageKey: String { "keys" }
  public init() {}
}

/// The keys of tx-svc as its replicas see them.
public struct KeysView: Codable, Sendable, Equatable {
  /// A master key.
  public struct Master: Codable, Sendable, Equatable {
    /// The first 8 bytes of the SHA-256 of its line, in hex.
    public let keyID: String
    /// Whether the replica that answers encrypts with it.
    public let isPrimary: Bool
    /// Whether the replica that answers has it.
    public let isHeld: Bool
    /// Supplier keys that are encrypted under it.
    public let wallets: Int
    /// Whether its line may be taken out of the file.
    public let isRetirable: Bool
    public init(keyID: String, isPrimary: Bool, isHeld: Bool, wallets: Int, isRetirable: Bool) {
      self.keyID = keyID
      self.isPrimary = isPrimary
      self.isHeld = isHeld
      self.wallets = wallets
      self.isRetirable = isRetirable
    }
  }

  /// What one process said of itself within the last half minute.
  public struct Replica: Codable, Sendable, Equatable {
    public let process: String
    /// Ids; the first is the one it encrypts with.
    public let masterKeys: [String]
    /// Ids; the first is the one that it gives out.
    public let sealingKeys: [String]
    /// Why what its key files hold is not in use; nil: it is.
    public let problem: String?
    public let seenAt: Date
    public init(process: String, masterKeys: [String], sealingKeys: [String], problem: String?, seenAt: Date) {
      self.process = process
      self.masterKeys = masterKeys
      self.sealingKeys = sealingKeys
      self.problem = problem
      self.seenAt = seenAt
    }
  }

  public let masters: [Master]
  public let replicas: [Replica]
  /// What supplier keys may do beyond what they are needed for, by the wallet's address.
  public let warnings: [String: String]
  public init(masters: [Master], replicas: [Replica], warnings: [String: String]) {
    self.masters = masters
    self.replicas = replicas
    self.warnings = warnings
  }

  /// What an operator should do something about; empty: nothing.
  public var mistakes: [String] {
    var mistakes: [String] = []
    for replica in replicas {
      if let problem = replica.problem { mistakes.append("\(replica.process) does not use its key files: \(problem)") }
    }
    if Set(replicas.compactMap(\.masterKeys.first)).count > 1 {
      mistakes.append("replicas encrypt with different master keys: give all of them the same file")
    }
    if Set(replicas.compactMap(\.sealingKeys.first)).count > 1 {
      mistakes.append("replicas give out different sealing keys: give all of them the same file")
    }
    for master in masters where master.wallets > 0 {
      let lacking = replicas.filter { !$0.masterKeys.contains(master.keyID) }.map(\.process)
      guard !lacking.isEmpty else { continue }
      mistakes.append(
        "\(lacking.joined(separator: ", ")) cannot open \(master.wallets) supplier keys under master key "
          + "\(master.keyID): add its line")
    }
    for master in masters where master.wallets > 0 && !master.isPrimary {
      mistakes.append("\(master.wallets) supplier keys are under master key \(master.keyID): rotate them")
    }
    return mistakes
  }
}
