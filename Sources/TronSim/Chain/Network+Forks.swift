/// Blocks that turn out not to be those of the chain.
extension Network {
  /// Replaces the last `count` blocks of the main chain by others, and adds one more: the longer chain wins.
  /// - Parameter inserted: transactions that the first replacing block holds before all others.
  /// - Returns: the head, and the transactions that were in the blocks taken back.
  mutating func reorganise(
    _ count: Int64, contents: BlockContents, inserted: [Transaction], nowMs: Int64
  ) throws -> JSON {
    guard fork == nil else {
      throw SimAction.Refused(reason: "there is a fork already; end it with POST /sim/forks/resolve")
    }
    let replaced = Array(store.chain.blocks(after: store.chain.head.number - count))
    let answer = try store.perform(.revert(blocks: count, keepTransactions: contents == .returned))
    for (block, transactions) in zip(replaced, Self.plan(replaced, contents, inserted)) {
      try store.extend(with: transactions, timestampMs: block.timestampMs + 1)
    }
    try store.extend(with: [], timestampMs: nowMs + store.chain.clockOffsetMs)
    faults.record("reorganisation_\(contents.rawValue)", node: 0)
    recordReplaced(replaced.reduce(0) { $0 + $1.entries.count })
    return ["head": .int(store.chain.head.number), "transactions": answer["transactions"] ?? []]
  }

  /// Splits the network: the named nodes see other blocks in place of the last `count`, until the fork is resolved.
  /// - Parameter nodes: indices
  mutating func split(
    nodes: [Int], _ count: Int64, contents: BlockContents, inserted: [Transaction]
  ) throws -> JSON {
    guard fork == nil else {
      throw SimAction.Refused(reason: "there is a fork already; end it with POST /sim/forks/resolve")
    }
    var chain = store.chain
    let base = chain.head.number - count
    let replaced = Array(chain.blocks(after: base))
    _ = try chain.perform(.revert(blocks: count, keepTransactions: contents == .returned))
    for (block, transactions) in zip(replaced, Self.plan(replaced, contents, inserted)) {
      chain.extend(with: transactions, timestampMs: block.timestampMs + 1)
    }
    fork = Fork(chain: chain, base: base)
    for index in nodes { views[index].isOnFork = true }
    faults.record("split", node: 0)
    return ["base": .int(base), "main": line(store.chain.head), "fork": line(chain.head)]
  }

  /// All nodes follow the main chain again.
  mutating func joinMain() throws -> JSON {
    guard let fork else { throw SimAction.Refused(reason: "there is no fork") }
    self.fork = nil
    for index in views.indices { views[index].isOnFork = false }
    offer(fork.chain.blocks(after: fork.base).flatMap { $0.entries.map(\.transaction) } + fork.chain.pool)
    faults.record("join_main", node: 0)
    return ["head": line(store.chain.head)]
  }

  /// The fork's blocks take the place of the main chain's, whose transactions wait again where they still apply.
  mutating func joinFork() throws -> JSON {
    guard let fork else { throw SimAction.Refused(reason: "there is no fork") }
    let lost = store.chain.blocks(after: fork.base).flatMap { $0.entries.map(\.transaction) }
    _ = try store.perform(
      .revert(blocks: store.chain.head.number - fork.base, keepTransactions: false))
    self.fork = nil
    for index in views.indices { views[index].isOnFork = false }
    for block in fork.chain.blocks(after: fork.base) {
      try store.extend(with: block.entries.map(\.transaction), timestampMs: block.timestampMs)
    }
    offer(lost + fork.chain.pool)
    faults.record("join_fork", node: 0)
    recordReplaced(lost.count)
    return ["head": line(store.chain.head)]
  }

  /// Transactions were in blocks of the main chain that are none of it any more: unlike the command, that can be seen.
  private mutating func recordReplaced(_ transactions: Int) {
    guard transactions > 0 else { return }
    faults.record("replaced_transactions", node: 0, times: transactions)
  }

  private static func plan(
    _ blocks: [Block], _ contents: BlockContents, _ inserted: [Transaction]
  ) -> [[Transaction]] {
    var plan = contents.replacing(blocks)
    if !plan.isEmpty { plan[0] = inserted + plan[0] }
    return plan
  }

  private func line(_ block: Block) -> JSON {
    ["number": .int(block.number), "id": .string(Hex.encode(block.id))]
  }
}
