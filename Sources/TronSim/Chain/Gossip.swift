/// A transaction on its way from the node that took it to the others.
struct Gossip: Sendable {
  let transaction: Transaction
  /// Index of the node that took it.
  let source: Int
  /// When the others have it, by the wall clock in ms.
  let dueMs: Int64
}
