import Contracts
import TronKit

/// A customer's money. Neither part is ever negative.
struct CustomerFunds: Codable, Sendable, Equatable {
  var available = Sun.zero
  var held = Sun.zero
  /// Grows with every event about the account.
  var seq: Int64 = 0

  /// Follows a posting's entries on this customer's two accounts.
  mutating func follow(_ posting: Posting, customer: CustomerID) throws(LedgerError) {
    var next = self
    for entry in posting.entries {
      if entry.account == .available(customer) {
        next.available = try Self.sum(next.available, entry)
      } else if entry.account == .held(customer) {
        next.held = try Self.sum(next.held, entry)
      }
    }
    self = next
  }

  private static func sum(_ balance: Sun, _ entry: Posting.Entry) throws(LedgerError) -> Sun {
    let (sum, overflow) = balance.value.addingReportingOverflow(entry.amount.value)
    if overflow { throw .overflow(account: entry.account.name) }
    guard sum >= 0 else { throw .overdrawn(account: entry.account.name) }
    return Sun(sum)
  }
}
