import TronKit

/// One transfer: changes of accounts, in one currency, whose sum is zero. Positive is what we owe, or have earned.
struct Posting: Sendable, Equatable {
  enum Kind: String, Codable, Sendable { case hold, release, capture, cost, credit }

  struct Entry: Sendable, Equatable {
    let account: LedgerAccount
    let amount: Sun
  }

  let kind: Kind
  /// Entries of nothing are left out.
  let entries: [Entry]

  /// Throws when the sum is not zero, or nothing moves.
  init(_ kind: Kind, _ entries: [(LedgerAccount, Sun)]) throws(LedgerError) {
    self.kind = kind
    self.entries = entries.filter { $0.1 != .zero }.map { Entry(account: $0.0, amount: $0.1) }
    let sum = self.entries.reduce(Int128(0)) { $0 + Int128($1.amount.value) }
    guard sum == 0 else { throw .unbalanced(kind: kind.rawValue, sum: "\(sum)") }
    guard self.entries.count >= 2 else { throw .empty(kind: kind.rawValue) }
  }
}

/// Why money cannot move so. Every case is a mistake in this program or in its data, never a customer's.
enum LedgerError: Error, Equatable, CustomStringConvertible {
  case unbalanced(kind: String, sum: String)
  case empty(kind: String)
  case invalidAmount(String)
  case overdrawn(account: String)
  case overflow(account: String)
  case conflict(String)

  var description: String {
    switch self {
    case .unbalanced(let kind, let sum): "the entries of a \(kind) sum to \(sum) sun; they must sum to zero"
    case .empty(let kind): "a \(kind) moves nothing"
    case .invalidAmount(let text): text
    case .overdrawn(let account): "\(account) would go below zero"
    case .overflow(let account): "the balance of \(account) would not fit 64 bits"
    case .conflict(let text): text
    }
  }
}
