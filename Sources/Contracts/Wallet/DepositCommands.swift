import BusKit
import TronKit

/// Gives a customer an address for deposits, or says again which one it has. It changes only when the operator
/// gives up the key that it comes from (RetireDepositKey).
/// Answered with DepositAddressAnswer.
public struct AssignDepositAddress: Message {
  public static let messageType = "wallet.AssignDepositAddress"
  public static let topic = Topic.walletCommands
  public let customer: CustomerID
  public var messageKey: String { customer.text }
  public init(customer: CustomerID) { self.customer = customer }
}

/// The answer to AssignDepositAddress.
public struct DepositAddressAnswer: Message, Equatable {
  public static let messageType = "wallet.DepositAddressAnswer"
  public static let topic = Topic("replies", groups: [])
  /// `done`; `none_ready` while no address is confirmed as watched (try again in a minute), or while captures of
  /// everybody wait, as after a restore; `deposits_off` where no extended public key is configured, or a retired one.
  public let code: String
  public let detail: String
  /// nil unless the code is `done`.
  public let address: DepositAddressView?
  public var messageKey: String { code }
  public init(code: String, detail: String, address: DepositAddressView?) {
    self.code = code
    self.detail = detail
    self.address = address
  }
}

/// A customer's address for deposits. Fails with `no_deposit_address` for a customer that has none yet, or none whose
/// key is not retired.
public struct GetDepositAddress: Query {
  public typealias Reply = DepositAddressView
  public static let messageType = "wallet.GetDepositAddress"
  public static let topic = Topic.walletQueries
  public let customer: CustomerID
  public var messageKey: String { customer.text }
  public init(customer: CustomerID) { self.customer = customer }
}

/// Where a customer's TRX and USDT arrive. The server cannot spend from it.
public struct DepositAddressView: Codable, Sendable, Equatable {
  public let address: TronAddress
  /// The least that is credited, of each currency that is taken.
  public let minimums: [Money]
  public init(address: TronAddress, minimums: [Money]) {
    self.address = address
    self.minimums = minimums
  }
  /// What a wallet opens, and what a QR code says: `tron:T…`.
  public var uri: String { "tron:\(address.base58)" }
}
