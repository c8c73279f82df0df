import BusKit
import Contracts
import Foundation

/// A customer's balance in one currency: a cache of the customer's lines in the journal, changed in the same
/// transaction.
struct AccountRow: Row {
  static let table = "accounts"

  /// The customer; for another currency than TRX with its name behind, such as `cus_…/USDT`.
  let id: String
  let currency: Currency
  var available: Int64
  var held: Int64
  var seq: Int64
  var updatedAt: Date

  var rowKey: String { id }

  init(customer: CustomerID, currency: Currency, funds: CustomerFunds, updatedAt: Date) {
    id = Self.key(customer, currency)
    self.currency = currency
    available = funds.available
    held = funds.held
    seq = funds.seq
    self.updatedAt = updatedAt
  }

  static func key(_ customer: CustomerID, _ currency: Currency) -> String {
    currency == .trx ? customer.text : "\(customer.text)/\(currency.rawValue)"
  }

  var funds: CustomerFunds { CustomerFunds(available: available, held: held, seq: seq) }
}
