import BusKit
import Foundation

/// The ledger differs from itself, or may be older than what was done with it; or an operator has cleared that
/// (`clearedAt`). Captures that concern the subject wait until then, and with `all` the crediting of deposits, too.
public struct LedgerDifferenceFound: Event {
  public static let messageType = "wallet.LedgerDifferenceFound"
  public static let topic = Topic.walletEvents
  /// The most findings that it lists.
  public static let findingsMax = 20
  /// The subject of what concerns all: an account of ours, a sum, the chain of blocks, a database that was restored.
  public static let all = "*"
  /// The subject when nothing can be sealed. What is not sealed is not what captures wait for.
  public static let sealing = "sealing"

  /// A customer's id, `all` or `sealing`.
  public let subject: String
  /// `recent`, `full`, `seal` or `recovery`.
  public let check: String
  public let findings: [LedgerFinding]
  public let foundAt: Date
  public let clearedAt: Date?
  public let seq: Int64
  public var aggregate: String { subject }
  public init(
    subject: String, check: String, findings: [LedgerFinding], foundAt: Date, clearedAt: Date?, seq: Int64
  ) {
    self.subject = subject
    self.check = check
    self.findings = findings
    self.foundAt = foundAt
    self.clearedAt = clearedAt
    self.seq = seq
  }
}

/// One thing that is not as it should be.
public struct LedgerFinding: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// A customer's balance is not the sum of its lines.
    case balance
    /// What a customer has set aside is not the sum of the open holds.
    case openHolds = "open_holds"
    /// A customer's account is below zero.
    case negative
    /// The total kept for an account is not the sum of its lines.
    case total
    /// The sum over all accounts of a currency is not zero.
    case sum
    /// A sealed block does not hold.
    case block
    /// Nothing can be sealed.
    case sealing
    /// The database was moved or restored: it may lack what was done after its backup.
    case recovery
  }
  public let kind: Kind
  /// The account's name; empty where it is about none.
  public let account: String
  public let currency: Currency?
  /// In the currency's smallest unit. As text: a wrong sum may be beyond 64 bits.
  public let expected: String
  public let found: String
  public let detail: String

  public init(
    _ kind: Kind, account: String = "", currency: Currency? = nil, expected: String = "", found: String = "",
    detail: String = ""
  ) {
    self.kind = kind
    self.account = account
    self.currency = currency
    self.expected = expected
    self.found = found
    self.detail = detail
  }
}

extension LedgerFinding: CustomStringConvertible {
  public var description: String {
    let unit = currency.map { " (\($0.rawValue))" } ?? ""
    let difference = (Decimal(string: found) ?? 0) - (Decimal(string: expected) ?? 0)
    return switch kind {
    case .balance: "\(account)\(unit) is off by \(difference)"
    case .openHolds: "open holds of \(account.split(separator: ":").last ?? "") is off by \(difference)"
    case .negative: "\(account)\(unit) is below zero: \(found)"
    case .total: "the total of \(account)\(unit) is off by \(difference)"
    case .sum: "the sum over all accounts\(unit) is \(found)"
    case .block, .sealing, .recovery: detail
    }
  }
}
