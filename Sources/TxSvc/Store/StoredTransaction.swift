import BusKit
import Contracts
import Foundation
import TronKit

/// A signed transaction. It is stored before its first byte leaves, and kept for ever: its id is never used again.
struct StoredTransaction: Row {
  static let table = "transactions"

  enum Purpose: String, Codable, Sendable { case delegate, reclaim }

  enum State: String, Codable, Sendable, CaseIterable {
    /// May be in a pool, or on its way there.
    case signed
    case inBlock = "in_block"
    case solid
    /// Can never take effect: refused for good by every node that got it, or expired and absent in solid chain time.
    case dead
  }

  let id: TransactionID
  let orderID: OrderID
  let legID: String
  let purpose: Purpose
  /// The whole signed transaction, as sent.
  let bytes: [UInt8]
  /// Chain time in milliseconds.
  let expirationMs: Int64
  let signedAt: Date
  var state: State
  var blockNumber: Int64?
  var blockID: BlockID?
  var blockTimeMs: Int64?
  /// The chain's verdict in the block: `SUCCESS`, or why it had no effect.
  var result: String?
  var fee: Sun?
  /// Why it is dead, for people.
  var note: String?

  var rowKey: String { id.hex }
  /// Whether it took effect, as its block says; nil where the block says nothing, which decides nothing.
  var effect: Bool? { Self.effect(of: result ?? "SUCCESS") }

  static func effect(of result: String) -> Bool? {
    result == ChainTransaction.unsaidResult ? nil : result == "SUCCESS"
  }
}
