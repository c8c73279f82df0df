import BusKit
import Foundation
import TronKit

/// Who may sign for an account on chain, and what it takes to change that.
public struct GetPermissions: Query {
  public typealias Reply = PermissionsView
  public static let messageType = "tx.GetPermissions"
  public static let topic = Topic.txQueries
  public let address: TronAddress
  public var messageKey: String { address.base58 }
  public init(address: TronAddress) { self.address = address }
}

/// An account's permissions as the chain has them.
public struct PermissionsView: Codable, Sendable, Equatable {
  public struct Key: Codable, Sendable, Equatable {
    public let address: TronAddress
    public let weight: Int64
    public init(address: TronAddress, weight: Int64) {
      self.address = address
      self.weight = weight
    }
  }

  public struct Permission: Codable, Sendable, Equatable {
    /// 0 owner, 1 witness, from 2 on active.
    public let id: Int32
    public let name: String
    public let threshold: Int64
    /// The mask in hex; nil: everything.
    public let operations: String?
    public let keys: [Key]
    public init(id: Int32, name: String, threshold: Int64, operations: String?, keys: [Key]) {
      self.id = id
      self.name = name
      self.threshold = threshold
      self.operations = operations
      self.keys = keys
    }
  }

  public let address: TronAddress
  /// Liquid TRX, from which the fee is paid.
  public let balance: Sun
  /// What changing permissions costs.
  public let updateFee: Sun
  /// The owner's first. An account that has none of its own is its own owner.
  public let permissions: [Permission]
  /// A solid block to reference.
  public let referenceBlock: String
  /// Milliseconds of chain time.
  public let headTimeMs: Int64
  public init(
    address: TronAddress, balance: Sun, updateFee: Sun, permissions: [Permission], referenceBlock: String,
    headTimeMs: Int64
  ) {
    self.address = address
    self.balance = balance
    self.updateFee = updateFee
    self.permissions = permissions
    self.referenceBlock = referenceBlock
    self.headTimeMs = headTimeMs
  }
}

extension PermissionsView.Permission {
  public init(_ permission: AccountPermission) {
    self.init(
      id: permission.id, name: permission.name, threshold: permission.threshold,
      operations: permission.operations?.hex,
      keys: permission.keys.map { PermissionsView.Key(address: $0.address, weight: $0.weight) })
  }

  /// - Throws: `TransactionError` for a mask that is none.
  public func permission() throws(TransactionError) -> AccountPermission {
    AccountPermission(
      id: id, name: name, threshold: threshold, operations: try operations.map(PermissionOperations.init(hex:)),
      keys: keys.map { AccountPermission.Key(address: $0.address, weight: $0.weight) })
  }
}
