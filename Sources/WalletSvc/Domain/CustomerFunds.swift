import Contracts
import TronKit

/// A customer's money in one currency, in its smallest unit. Neither part is ever negative.
struct CustomerFunds: Codable, Sendable, Equatable {
  var available: Int64 = 0
  var held: Int64 = 0
  /// Grows with every event about the account.
  var seq: Int64 = 0

  /// Follows a posting's lines on this customer's two accounts. What leaves an account is taken after what comes in.
  mutating func follow(_ posting: Posting, customer: CustomerID) throws(LedgerError) {
    let accounts = (available: LedgerAccount.available(customer), held: LedgerAccount.held(customer))
    var next = self
    for line in posting.lines {
      if line.credit == accounts.available { next.available = try Self.sum(next.available, line.amount, line.credit) }
      if line.credit == accounts.held { next.held = try Self.sum(next.held, line.amount, line.credit) }
      // Cannot overflow: neither is negative.
      if line.debit == accounts.available { next.available -= line.amount }
      if line.debit == accounts.held { next.held -= line.amount }
    }
    guard next.available >= 0 else { throw .overdrawn(account: accounts.available.name) }
    guard next.held >= 0 else { throw .overdrawn(account: accounts.held.name) }
    self = next
  }

  private static func sum(_ balance: Int64, _ amount: Int64, _ account: LedgerAccount) throws(LedgerError) -> Int64 {
    let (sum, overflow) = balance.addingReportingOverflow(amount)
    if overflow { throw .overflow(account: account.name) }
    return sum
  }
}
