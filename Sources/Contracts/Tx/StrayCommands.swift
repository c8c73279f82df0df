import BusKit
import TronKit

/// An operator has a stray delegation taken back: its leg counts again as lent, and is reclaimed like any other. Done
/// only for a stray that tx-svc found itself, whose order has ended, and while the solid chain shows that the wallet
/// lends its sun beside what live rentals account for. Answered with CommandResult.
public struct ReclaimStray: Message {
  public static let messageType = "tx.ReclaimStray"
  public static let topic = Topic.txCommands
  /// The stray delegation.
  public let txID: TransactionID
  public let action: OperatorAction
  public var messageKey: String { txID.hex }
  public init(txID: TransactionID, action: OperatorAction) {
    self.txID = txID
    self.action = action
  }
}
