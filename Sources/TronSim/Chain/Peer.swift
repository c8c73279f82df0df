/// What a node is told to do with a transaction that is broadcast to it.
enum BroadcastAct: Sendable {
  case take
  /// Says that it is taken, and throws it away.
  case drop
  /// Refuses it, before or after the transaction's id went into the node's memory.
  case refuse(Refusal, remembering: Bool)
}

/// One of the nodes, for the time of a call.
struct Peer: Sendable {
  let node: Node
  /// From 0.
  let index: Int
  var act = BroadcastAct.take

  func read<Result: Sendable, Failure: Error>(_ body: (Chain) throws(Failure) -> Result) throws(Failure) -> Result {
    try node.read(node: index, body)
  }

  func broadcast(_ transaction: Transaction) throws(Refusal) {
    try node.broadcast(transaction, node: index, as: act)
  }
}
