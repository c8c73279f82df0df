/// What one node knows and shows, where it may differ from the others.
struct NodeView: Sendable {
  /// Transaction ids it was handed, by a client or by another node.
  var cache = TransactionCache()
  /// It answers from this many blocks behind the head.
  var lag: Int64 = 0
  /// It shows the fork instead of the main chain.
  var isOnFork = false
}
