import BusKit
import Foundation

/// Recomputes sealed blocks from the journal, a page at a time.
public struct VerifyLedger: Query {
  public typealias Reply = LedgerVerification
  public static let messageType = "wallet.VerifyLedger"
  public static let topic = Topic.walletQueries
  /// The most blocks of one page.
  public static let countMax = 200
  /// The first block.
  public let from: Int64
  /// How many blocks at most; there may be fewer where they are large.
  public let count: Int
  public var messageKey: String { "\(from)" }
  public init(from: Int64, count: Int) {
    self.from = from
    self.count = count
  }
}

public struct LedgerVerification: Codable, Sendable, Equatable {
  public let blocks: [LedgerBlock]
  /// At most 100. Empty: the blocks hold.
  public let faults: [LedgerFault]
  /// Where the next page begins; nil after the last one.
  public let next: Int64?
  /// The newest block, 0 while there is none, and its hash.
  public let head: Int64
  public let headHash: String
  /// Lines that are in no block yet, and the time of the oldest.
  public let unsealed: Int64
  public let unsealedSince: Date?
  /// Why nothing is sealed; empty when all is well.
  public let trouble: String
  public init(
    blocks: [LedgerBlock], faults: [LedgerFault], next: Int64?, head: Int64, headHash: String, unsealed: Int64,
    unsealedSince: Date?, trouble: String
  ) {
    self.blocks = blocks
    self.faults = faults
    self.next = next
    self.head = head
    self.headHash = headHash
    self.unsealed = unsealed
    self.unsealedSince = unsealedSince
    self.trouble = trouble
  }
}

/// Movements of one account in one currency, in the journal's order, a page at a time. Fails with `no_account` where
/// no line names the account.
public struct GetLedgerStatement: Query {
  public typealias Reply = LedgerStatementPage
  public static let messageType = "wallet.GetLedgerStatement"
  public static let topic = Topic.walletQueries
  /// The most lines of one page.
  public static let limitMax = 200
  /// The account's name, such as `customer:cus_…` or `revenue`.
  public let account: String
  public let currency: Currency
  /// Lines from this moment on. nil: from the beginning.
  public let from: Date?
  /// Lines before this moment. nil: to the end.
  public let to: Date?
  /// The last line of the page before; nil for the first page.
  public let after: Int64?
  public let limit: Int
  public var messageKey: String { account }
  public init(account: String, currency: Currency, from: Date?, to: Date?, after: Int64?, limit: Int) {
    self.account = account
    self.currency = currency
    self.from = from
    self.to = to
    self.after = after
    self.limit = limit
  }
}

public struct LedgerStatementPage: Codable, Sendable, Equatable {
  /// What the account had at `from`; on the first page only.
  public let opening: Int64?
  public let lines: [LedgerStatementLine]
  /// Whether there are more lines.
  public let hasMore: Bool
  public init(opening: Int64?, lines: [LedgerStatementLine], hasMore: Bool) {
    self.opening = opening
    self.lines = lines
    self.hasMore = hasMore
  }
}

public struct LedgerStatementLine: Codable, Sendable, Equatable {
  /// In the journal.
  public let number: Int64
  public let at: Date
  public let kind: String
  public let id: String
  /// Where the money came from, or went to.
  public let counterAccount: String
  /// Positive: into the account. In the currency's smallest unit.
  public let amount: Int64
  public let order: OrderID?
  /// Who did it by hand, and why.
  public let actor: String?
  public let reason: String?
  /// Who agreed, where it took a second operator.
  public let approvedBy: String?
  public init(
    number: Int64, at: Date, kind: String, id: String, counterAccount: String, amount: Int64, order: OrderID?,
    actor: String?, reason: String?, approvedBy: String? = nil
  ) {
    self.number = number
    self.at = at
    self.kind = kind
    self.id = id
    self.counterAccount = counterAccount
    self.amount = amount
    self.order = order
    self.actor = actor
    self.reason = reason
    self.approvedBy = approvedBy
  }
}

/// What the last checks found, and which captures wait.
public struct GetLedgerChecks: Query {
  public typealias Reply = LedgerChecks
  public static let messageType = "wallet.GetLedgerChecks"
  public static let topic = Topic.walletQueries
  public var messageKey: String { "checks" }
  public init() {}
}

public struct LedgerChecks: Codable, Sendable, Equatable {
  public struct Check: Codable, Sendable, Equatable {
    /// `recent`: what changed, each minute; `full`: everything, nightly.
    public let name: String
    public let differences: Int64
    public let checkedAt: Date
    public init(name: String, differences: Int64, checkedAt: Date) {
      self.name = name
      self.differences = differences
      self.checkedAt = checkedAt
    }
  }
  /// A difference that no operator has cleared.
  public struct Difference: Codable, Sendable, Equatable {
    /// A customer; `*`, which concerns all; or `sealing`, which holds no capture up.
    public let subject: String
    public let foundAt: Date
    /// At most 20.
    public let findings: [LedgerFinding]
    public init(subject: String, foundAt: Date, findings: [LedgerFinding]) {
      self.subject = subject
      self.foundAt = foundAt
      self.findings = findings
    }
  }
  public let checks: [Check]
  /// At most 100, the oldest first.
  public let open: [Difference]
  public let waitingCaptures: Int64
  public let waitingSince: Date?
  public init(checks: [Check], open: [Difference], waitingCaptures: Int64, waitingSince: Date?) {
    self.checks = checks
    self.open = open
    self.waitingCaptures = waitingCaptures
    self.waitingSince = waitingSince
  }
}
