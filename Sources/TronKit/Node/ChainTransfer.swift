/// A TransferContract's content: TRX from one account to another.
public struct ChainTransfer: Hashable, Sendable {
  public let from: TronAddress
  public let to: TronAddress
  public let amount: Sun

  public init(from: TronAddress, to: TronAddress, amount: Sun) {
    self.from = from
    self.to = to
    self.amount = amount
  }
}

extension ChainContent {
  /// What a TransferContract moves; nil for every other kind.
  public var transfer: ChainTransfer? {
    guard isTransfer, let owner, let to else { return nil }
    return ChainTransfer(from: owner, to: to, amount: amount)
  }
}

extension ChainTransaction {
  /// What a TransferContract moves; nil for every other kind. Unlike `raw()` it takes whatever encoding the chain has
  /// taken, canonical or not: it is for seeing who was paid, not for signing.
  public func transfer() throws(TransactionError) -> ChainTransfer? { try content()?.transfer }
}
