/// Something that must never be found.
struct Finding: Sendable, CustomStringConvertible {
  enum Kind: String, Sendable, CaseIterable {
    /// A leg has two delegations on chain.
    case doubleDelegation
    /// A leg was taken back twice.
    case doubleReclaim
    /// The chain holds a movement of a supplier that no row explains.
    case unexplainedTransaction
    /// The chain moved other sun, or between others, than the leg says.
    case anotherMovement
    /// A transaction that was settled as dead took effect.
    case deadOnChain
    /// An order was told final, and the chain holds no delegation of one of its legs.
    case missingDelegation
    /// A delegation was never taken back.
    case lostReclaim
    /// A delegation was taken back before the customer's time was over.
    case earlyReclaim
    /// The order was told another beginning than the chain's.
    case anotherStart
    /// The legs bring less energy than was ordered.
    case underDelivered
    /// A refused order has something on chain.
    case halfWay
    /// An order that can never be delivered was delivered.
    case wronglyDelivered
    /// An order did not get its last news, or got two different ones.
    case noEnd
    case twoEnds
    /// What was told is not what the tables say.
    case toldOtherwise
    /// A transaction on chain of which no sending was recorded before its block.
    case unannounced
    /// Sun that nobody uses is still reserved or counted as delegated.
    case reservedForEver
    case delegatedForEver
    /// What the tables call lent is not what the chain calls lent.
    case ledgerDiffers
    /// A wallet still lends on chain, or its stake is not what it was.
    case chainStillLends
    case stakeChanged
    /// Work that was left undone or given up.
    case pendingWork
    case deadWork
    case strandedMessage
  }

  let kind: Kind
  /// The order, leg, wallet or transaction.
  let subject: String
  let detail: String

  var description: String { "\(kind.rawValue) \(subject): \(detail)" }
}
