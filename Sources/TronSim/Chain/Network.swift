/// The chain, the nodes that show it, and the faults to act out: all that happens to the simulator, as one value.
/// The main chain is what the blocks' producer holds and the journal keeps; a node shows it, a part of it, or a fork.
struct Network {
  struct Fork {
    var chain: Chain
    /// The last block that the fork has in common with the main chain.
    let base: Int64
  }

  private static let gossipMaximum = 10_000

  var store: ChainStore
  var fork: Fork?
  var views: [NodeView]
  var faults = FaultBoard()
  /// How long a transaction takes from one node to the others.
  var gossipMs: Int64
  /// Transactions that only the nodes they were handed to know of, oldest first.
  private(set) var gossip: [Gossip] = []
  var isPaused = false
  /// Blocks that the producer will leave out.
  var stalledIntervals: Int64 = 0
  /// Blocks to come that will hold no transaction.
  var emptyBlocks: Int64 = 0

  init(store: ChainStore, nodes: Int, gossipMs: Int64) {
    self.store = store
    self.gossipMs = gossipMs
    views = Array(repeating: NodeView(), count: nodes)
  }

  // MARK: Reading

  /// What the node with this index shows.
  mutating func view(node index: Int, nowMs: Int64) -> Chain {
    deliverGossip(nowMs: nowMs)
    let (lag, isOnFork) = (views[index].lag, views[index].isOnFork)
    if isOnFork { faults.record("fork", node: index + 1) }
    if lag > 0 { faults.record("lag", node: index + 1) }
    let unheard = gossip.filter { $0.source != index }.map(\.transaction.id)
    let chain = isOnFork ? fork?.chain ?? store.chain : store.chain
    return lag > 0 || !unheard.isEmpty ? chain.seen(lag: lag, unheard: Set(unheard)) : chain
  }

  // MARK: Transactions

  mutating func broadcast(_ transaction: Transaction, node index: Int, nowMs: Int64) throws(Refusal) {
    deliverGossip(nowMs: nowMs)
    do {
      try admit(transaction, node: index)
    } catch {
      if error == .alreadyExists, views[index].cache.fate(of: transaction.id) == .refused {
        faults.record("reject_then_dup", node: index + 1)
      }
      throw error
    }
    guard views.count > 1 else { return }
    if gossip.count >= Self.gossipMaximum { pass(gossip.removeFirst()) }
    gossip.append(Gossip(transaction: transaction, source: index, dueMs: nowMs + gossipMs))
    deliverGossip(nowMs: nowMs)
  }

  /// Answers as if the transaction had been taken; but for the node's memory of its id, nobody has it.
  mutating func acceptAndDrop(_ transaction: Transaction, node index: Int) throws(Refusal) {
    guard views[index].cache.insert(transaction.id) else { throw .alreadyExists }
    views[index].cache.accept(transaction.id)
  }

  /// Refuses it after the node has put its id into its memory.
  mutating func refuse(_ transaction: Transaction, node index: Int, with refusal: Refusal) throws(Refusal) {
    guard views[index].cache.insert(transaction.id) else {
      if views[index].cache.fate(of: transaction.id) == .refused {
        faults.record("reject_then_dup", node: index + 1)
      }
      throw .alreadyExists
    }
    throw refusal
  }

  private mutating func admit(_ transaction: Transaction, node index: Int) throws(Refusal) {
    let lag = views[index].lag
    var cache = TransactionCache()
    swap(&cache, &views[index].cache)  // not copied
    defer { swap(&cache, &views[index].cache) }
    if views[index].isOnFork, fork != nil {
      try fork?.chain.admit(transaction, through: &cache, lag: lag)
      return
    }
    try store.changePool { chain throws(Refusal) in try chain.admit(transaction, through: &cache, lag: lag) }
  }

  mutating func deliverGossip(nowMs: Int64) {
    guard let first = gossip.first, first.dueMs <= nowMs else { return }
    let due = gossip.prefix { $0.dueMs <= nowMs }
    gossip.removeFirst(due.count)
    for message in due { pass(message) }
  }

  private mutating func pass(_ message: Gossip) {
    for index in views.indices where index != message.source {
      views[index].cache.accept(message.transaction.id)
    }
    guard fork != nil, Set(views.map(\.isOnFork)).count == 2 else { return }
    if views[message.source].isOnFork {
      offer([message.transaction])
    } else {
      var scratch = TransactionCache()
      offer(message.transaction, through: &scratch)
    }
  }

  private mutating func offer(_ transaction: Transaction, through cache: inout TransactionCache) {
    do {
      try fork?.chain.admit(transaction, through: &cache)
    } catch {
      return  // the other side of the fork has no use for it
    }
  }

  /// Puts transactions into the main chain's pool as far as they apply there.
  mutating func offer(_ transactions: [Transaction]) {
    store.changePool { chain in
      var scratch = TransactionCache()
      for transaction in transactions where !chain.holds(transaction.id) {
        do {
          try chain.admit(transaction, through: &scratch)
        } catch {
          continue  // it is worth nothing on this chain, and its sender was told nothing about this chain
        }
      }
    }
  }

  /// A node is started again: its memory is gone, and so is what it had not passed on. A node that is alone holds the
  /// whole pool.
  mutating func forget(node index: Int) {
    views[index].cache = TransactionCache()
    faults.record("forget", node: index + 1)
    guard views.count > 1 else { return clearPool() }
    let lost = Set(gossip.filter { $0.source == index }.map(\.transaction.id))
    gossip.removeAll { $0.source == index }
    store.changePool { $0.forget(lost) }
    fork?.chain.forget(lost)
  }

  mutating func clearPool() {
    gossip = []
    store.clearPool()
    fork?.chain.clearPool()
  }

  // MARK: Blocks

  /// The next block, on the main chain and on the fork.
  mutating func produce(nowMs: Int64) throws {
    deliverGossip(nowMs: nowMs)
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      faults.record("empty_block", node: 0)
      try store.extend(with: [], timestampMs: nowMs + store.chain.clockOffsetMs)
    } else {
      try store.produce(nowMs: nowMs)
    }
    fork?.chain.produce(nowMs: nowMs)
    // Nothing solid is ever taken back: before the blocks since the fork become solid, the fork is given up.
    if let fork, store.chain.head.number - fork.base >= store.chain.solidAfter { _ = try joinMain() }
  }

  /// The producer's turn. `false` when it is to leave this block out.
  mutating func takeTurn() -> Bool {
    guard !isPaused else { return false }
    guard stalledIntervals > 0 else { return true }
    stalledIntervals -= 1
    faults.record("stall", node: 0)
    return false
  }
}
