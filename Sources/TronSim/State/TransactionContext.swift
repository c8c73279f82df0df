/// What the rules need to know of the chain besides its state.
struct TransactionContext: Sendable {
  /// Timestamp of the head block: the only clock of the rules, in ms.
  let headTimestampMs: Int64
  /// Whether a node is asked to build the transaction: then it keeps the bandwidth back that sending it will cost.
  var isBuilding = false
}
