/// One DelegateResource or UnDelegateResource that a block holds.
struct DelegationRecord: Sendable {
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
