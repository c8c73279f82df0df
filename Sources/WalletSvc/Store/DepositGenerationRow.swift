import BusKit
import Contracts
import Foundation

/// An extended public key that is, or was, configured, and how far its children are derived. Whoever derives locks it:
/// one replica at a time.
struct DepositGenerationRow: Row {
  static let table = "deposit_generations"

  /// The key's fingerprint.
  let id: String
  /// From 1, in the order in which the keys were first seen.
  let number: Int64
  /// The first child that was not looked at.
  var nextIndex: Int64
  let createdAt: Date
  /// When its addresses were given up, and who said so. They are shown to nobody any more.
  var retiredAt: Date?
  var retirement: OperatorAction?

  var rowKey: String { id }
}
