import BusKit
import Foundation
import TronKit

/// A deposit address has paid somebody who is not us, and no refused deposit waited there to be given back to just that
/// address: a theft of its key, or a refund that nobody has noted. An operator has to look at once. Told once for each
/// move.
public struct UnexpectedWithdrawal: Event {
  public static let messageType = "wallet.UnexpectedWithdrawal"
  public static let topic = Topic.walletEvents
  /// The deposit address.
  public let address: TronAddress
  public let to: TronAddress
  public let money: Money
  public let txID: TransactionID
  public let blockNumber: Int64
  public let blockTime: Date
  /// The move's place among those of its transaction.
  public let seq: Int64
  public var aggregate: String { txID.hex }
  public init(
    address: TronAddress, to: TronAddress, money: Money, txID: TransactionID, blockNumber: Int64, blockTime: Date,
    seq: Int64
  ) {
    self.address = address
    self.to = to
    self.money = money
    self.txID = txID
    self.blockNumber = blockNumber
    self.blockTime = blockTime
    self.seq = seq
  }
}
