import BusKit

/// An operator has looked into a difference: captures that wait for it go on. It changes nothing in the ledger; a
/// difference that is still there is found again. Answered with CommandResult: for `all` with `sealing_stopped` while
/// nothing can be sealed, where an epoch has to begin first.
public struct ClearLedgerDifference: Message {
  public static let messageType = "wallet.ClearLedgerDifference"
  public static let topic = Topic.walletCommands
  /// A customer's id, `LedgerDifferenceFound.all` or `LedgerDifferenceFound.sealing`.
  public let subject: String
  public let action: OperatorAction
  public var messageKey: String { subject }
  public init(subject: String, action: OperatorAction) {
    self.subject = subject
    self.action = action
  }
}

/// An operator has the balances that are kept beside the journal made anew from it: a customer's two accounts, or one
/// of ours. The journal itself does not change. Answered with CommandResult.
public struct RebuildLedgerBalance: Message {
  public static let messageType = "wallet.RebuildLedgerBalance"
  public static let topic = Topic.walletCommands
  /// The account's name, such as `customer:cus_…` or `revenue`.
  public let account: String
  public let action: OperatorAction
  public var messageKey: String { account }
  public init(account: String, action: OperatorAction) {
    self.account = account
    self.action = action
  }
}

/// An operator says that the database has been moved to another cluster, where transaction ids began anew: what is not
/// sealed is sealed by number, and sealing goes on. Done only where sealing has stopped. Answered with CommandResult.
public struct BeginLedgerEpoch: Message {
  public static let messageType = "wallet.BeginLedgerEpoch"
  public static let topic = Topic.walletCommands
  public let action: OperatorAction
  public var messageKey: String { "epoch" }
  public init(action: OperatorAction) { self.action = action }
}
