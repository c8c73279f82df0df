/// What the rules need to know of the chain besides its state.
struct TransactionContext: Sendable {
  /// Timestamp of the head block: the only clock of the rules, in ms.
  let headTimestampMs: Int64
}
