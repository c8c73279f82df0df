/// One DelegateResource or UnDelegateResource that a block holds.
struct DelegationRecord: Sendable {
  /// Grows with every record and is never given twice, not even after a reorganisation took records away.
  let sequence: Int64
  let transaction: TransactionID
  let isDelegate: Bool
  let from: Address
  let to: Address
  let resource: Resource
  /// staked sun
  let balance: Int64
  let block: Int64
  let timestampMs: Int64
}
