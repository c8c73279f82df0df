import Contracts

/// One transfer of money, in one currency: lines that each take an amount from one account and give it to another, so
/// that it cannot create or lose any.
struct Posting: Sendable, Equatable {
  enum Kind: String, Codable, Sendable, CaseIterable {
    case hold, release, capture, cost, credit
    /// Deposits: to a customer, to wait for a decision, refused by one, too small, to an address of the owner.
    case deposit
    case depositHeld = "deposit_held"
    case depositRefused = "deposit_refused"
    case depositIgnored = "deposit_ignored"
    case funding
    /// Coins of ours on chain: to another place of ours, burned as fees, to somebody else.
    case sweep, fee, withdrawal
    case debit, refund, transfer, dust
  }

  struct Line: Sendable, Equatable {
    let debit: LedgerAccount
    let credit: LedgerAccount
    /// In the currency's smallest unit; positive.
    let amount: Int64
  }

  /// The most lines that a posting may have.
  static let linesMax = 10

  let kind: Kind
  let currency: Currency
  /// Lines of nothing are left out.
  let lines: [Line]

  /// Throws when an amount is negative, an account is on both sides, or nothing moves.
  init(
    _ kind: Kind, _ currency: Currency, _ lines: [(from: LedgerAccount, to: LedgerAccount, amount: Int64)]
  ) throws(LedgerError) {
    self.kind = kind
    self.currency = currency
    self.lines = lines.filter { $0.amount != 0 }.map { Line(debit: $0.from, credit: $0.to, amount: $0.amount) }
    for line in self.lines {
      guard line.amount > 0 else {
        throw .invalidAmount("a line of a \(kind.rawValue) is of \(line.amount); it must be positive")
      }
      guard line.debit != line.credit else { throw .sameAccount(kind: kind.rawValue, account: line.debit.name) }
    }
    guard !self.lines.isEmpty else { throw .empty(kind: kind.rawValue) }
    guard self.lines.count <= Self.linesMax else { throw .tooManyLines(kind: kind.rawValue, count: self.lines.count) }
  }
}

/// Why money cannot move so. Every case is a mistake in this program or in its data, never a customer's.
enum LedgerError: Error, Equatable, CustomStringConvertible {
  case sameAccount(kind: String, account: String)
  case tooManyLines(kind: String, count: Int)
  case empty(kind: String)
  case invalidAmount(String)
  case overdrawn(account: String)
  case overflow(account: String)

  var description: String {
    switch self {
    case .sameAccount(let kind, let account): "a \(kind) moves money from \(account) to itself"
    case .tooManyLines(let kind, let count): "a \(kind) has \(count) lines; the most is \(Posting.linesMax)"
    case .empty(let kind): "a \(kind) moves nothing"
    case .invalidAmount(let text): text
    case .overdrawn(let account): "\(account) would go below zero"
    case .overflow(let account): "the balance of \(account) would not fit 64 bits"
    }
  }
}
