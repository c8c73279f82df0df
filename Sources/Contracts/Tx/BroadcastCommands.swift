import BusKit
import TronKit

/// An operator has a transaction sent that was signed elsewhere: a transfer of TRX or of the configured token, of an
/// address that is no wallet of the pool. The same transaction may be sent again: it takes effect at most once.
/// Answered with CommandResult when a node has taken it or all have refused.
///
/// Codes: `done` (a node has taken it), `in_block` (it is in a block already), and otherwise `bad_transaction`,
/// `not_signed`, `not_allowed`, `supplier_wallet`, `expired`, `failed` (it is in a block, without effect), `refused`
/// (every node has refused it), `unknown` (it may have arrived: send it again with another key, until it expires),
/// `key_conflict`.
public struct BroadcastTransaction: Message {
  public static let messageType = "tx.BroadcastTransaction"
  public static let topic = Topic.txCommands
  /// Twice as many characters as a transaction of one transfer and five signatures could need.
  public static let lengthMax = 4_096
  /// The signed transaction's bytes in hexadecimal, as `broadcasthex` takes them.
  public let signed: String
  public let action: OperatorAction
  public var messageKey: String { action.key }
  public init(signed: String, action: OperatorAction) {
    self.signed = signed
    self.action = action
  }
}
