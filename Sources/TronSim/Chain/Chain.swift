/// A TRON chain with one block producer: a value without clock, files or network. Time comes in with `produce`.
struct Chain: Sendable {
  /// java-tron refuses with SERVER_BUSY above this many waiting transactions.
  static let poolMaximum = 2_000
  /// TAPOS and duplicate checks look this far back; older blocks are forgotten.
  static let blocksMaximum = 65_536
  private static let cacheMaximum = 100_000
  private static let delegationLogMaximum = 100_000

  struct Location: Sendable {
    let block: Int64
    let index: Int
  }

  /// Solid is this many blocks behind the head.
  let solidAfter: Int64
  private(set) var blocks: [Block]
  /// States after the last blocks, oldest first: the first one is the solid block's, the last one the head's.
  private var states: [ChainState]
  /// The head's state with the waiting transactions applied.
  private var pendingState: ChainState
  private(set) var pool: [Transaction] = []
  private var locations: [TransactionID: Location] = [:]
  /// Every transaction id this node was ever handed, valid or not, most recent ones.
  private var seen: Set<TransactionID> = []
  private var seenOrder: [TransactionID] = []
  private(set) var delegationLog: [DelegationRecord] = []
  private(set) var history = AccountHistory()
  private(set) var clockOffsetMs: Int64 = 0

  init(genesisTimestampMs: Int64, solidAfter: Int64) {
    self.solidAfter = solidAfter
    let parent = [UInt8](repeating: 0, count: 32)
    blocks = [Block(number: 0, timestampMs: genesisTimestampMs, parentHash: parent, entries: [])]
    states = [ChainState()]
    pendingState = ChainState()
  }

  var head: Block { blocks[blocks.count - 1] }
  var state: ChainState { states[states.count - 1] }
  var solidNumber: Int64 { max(0, head.number - solidAfter) }
  var solidState: ChainState { states[0] }
  var solid: Block { block(solidNumber) ?? blocks[0] }

  func block(_ number: Int64) -> Block? {
    let index = number - blocks[0].number
    return index >= 0 && index < blocks.count ? blocks[Int(index)] : nil
  }

  func find(_ id: TransactionID) -> (block: Block, entry: Block.Entry)? {
    guard let location = locations[id], let block = block(location.block) else { return nil }
    return (block, block.entries[location.index])
  }

  // MARK: Transactions

  /// Takes a transaction into the pool, with java-tron's checks in java-tron's order.
  mutating func broadcast(_ transaction: Transaction) throws(Refusal) {
    guard pool.count < Self.poolMaximum else { throw .busy }
    // A rejected transaction stays in the cache too: sent again, it is a duplicate although no pool holds it.
    guard !seen.contains(transaction.id) else { throw .alreadyExists }
    remember(transaction.id)
    guard let call = transaction.call else { throw .validate("No contract!") }
    guard transaction.raw.expiration > head.timestampMs else { throw .expired }
    try check(transaction, call: call, against: pendingState)
    _ = try pendingState.apply(transaction, call: call, context: context)
    pool.append(transaction)
  }

  /// What Manager.pushTransaction checks before it charges anything.
  private func check(_ transaction: Transaction, call: ContractCall, against state: ChainState) throws(Refusal) {
    try state.verifySignatures(transaction, call: call)
    try checkReferences(of: transaction)
  }

  private var context: TransactionContext { TransactionContext(headTimestampMs: head.timestampMs) }

  private func checkReferences(of transaction: Transaction) throws(Refusal) {
    guard isTaposValid(transaction.raw) else { throw .tapos }
    let size = transaction.encoded.count
    guard size <= 512_000 else {
      let text = "Too big transaction, TxId \(transaction.id), the size is \(size) bytes, maxTxSize 512000"
      throw Refusal(code: .tooBig, message: text)
    }
    let expiration = transaction.raw.expiration
    guard expiration > head.timestampMs, expiration <= head.timestampMs + 86_400_000 else { throw .expired }
    guard transaction.raw.contracts.count == 1 else {
      throw .validate("act size should be exactly 1, this is extend feature")
    }
    guard locations[transaction.id] == nil else { throw .duplicate }
  }

  /// The newest block whose number ends in the two reference bytes must have the reference hash.
  private func isTaposValid(_ raw: RawTransaction) -> Bool {
    guard raw.refBlockBytes.count == 2, raw.refBlockHash.count == 8 else { return false }
    let slot = Int64(raw.refBlockBytes[0]) << 8 | Int64(raw.refBlockBytes[1])
    let back = (head.number - slot) & 0xffff
    guard let block = block(head.number - back) else { return false }
    return block.id[8..<16].elementsEqual(raw.refBlockHash)
  }

  private mutating func remember(_ id: TransactionID) {
    seen.insert(id)
    seenOrder.append(id)
    guard seenOrder.count > Self.cacheMaximum + 4_096 else { return }
    for old in seenOrder.prefix(4_096) { seen.remove(old) }
    seenOrder.removeFirst(4_096)
  }

  /// Forgets the waiting transactions, as a node does that is restarted.
  mutating func clearPool() {
    pool = []
    pendingState = state
  }

  // MARK: Blocks

  /// Makes the next block from the pool. Every transaction is checked again; one that fails now is dropped.
  @discardableResult
  mutating func produce(nowMs: Int64) -> Block {
    let candidates = pool
    pool = []
    return append(candidates, timestampMs: max(nowMs + clockOffsetMs, head.timestampMs + 1))
  }

  /// Repeats a block from the journal. Throws when a transaction of it does not apply: then the
  /// journal is not of this chain.
  mutating func replay(_ transactions: [Transaction], timestampMs: Int64) throws(Refusal) {
    let block = append(transactions, timestampMs: timestampMs, isReplay: true)
    guard block.entries.count == transactions.count else {
      throw Refusal(
        code: .other, message: "block \(block.number) of the journal holds a transaction that does not apply")
    }
  }

  private mutating func append(
    _ candidates: [Transaction], timestampMs: Int64, isReplay: Bool = false
  ) -> Block {
    var next = state
    var entries: [Block.Entry] = []
    var included: Set<TransactionID> = []
    // After an account's permissions changed, a block holds nothing more of that account.
    var changed: Set<[UInt8]> = []
    for transaction in candidates where !included.contains(transaction.id) {
      do {
        guard let call = transaction.call, !changed.contains(call.owner) else { continue }
        if !isReplay { try check(transaction, call: call, against: next) }
        let receipt = try next.apply(transaction, call: call, context: context)
        entries.append(Block.Entry(transaction: transaction, receipt: receipt))
        included.insert(transaction.id)
        if case .permissionUpdate = call { changed.insert(call.owner) }
      } catch {
        continue  // refused at inclusion: it leaves the pool without a trace, as on java-tron
      }
    }
    let block = Block(
      number: head.number + 1, timestampMs: timestampMs, parentHash: head.id, entries: entries)
    blocks.append(block)
    states.append(next)
    if Int64(states.count) > solidAfter + 1 { states.removeFirst() }
    pendingState = next
    for (index, entry) in entries.enumerated() {
      locations[entry.transaction.id] = Location(block: block.number, index: index)
      log(entry.transaction, block: block)
    }
    history.add(block)
    forgetOldBlocks()
    return block
  }

  private mutating func forgetOldBlocks() {
    guard blocks.count >= Self.blocksMaximum + 4_096 else { return }
    for block in blocks.prefix(4_096) {
      history.forget(block)
      for entry in block.entries { locations[entry.transaction.id] = nil }
    }
    blocks.removeFirst(4_096)
  }

  private mutating func log(_ transaction: Transaction, block: Block) {
    let fields: (isDelegate: Bool, from: [UInt8], to: [UInt8], resource: Int64, balance: Int64)
    switch transaction.call {
    case .delegate(let call): fields = (true, call.owner, call.receiver, call.resource, call.balance)
    case .unDelegate(let call): fields = (false, call.owner, call.receiver, call.resource, call.balance)
    default: return
    }
    guard let from = Address(bytes: fields.from), let to = Address(bytes: fields.to),
      let resource = Resource(rawValue: fields.resource)
    else { return }
    delegationLog.append(
      DelegationRecord(
        transaction: transaction.id, isDelegate: fields.isDelegate, from: from, to: to, resource: resource,
        balance: fields.balance, block: block.number, timestampMs: block.timestampMs))
    if delegationLog.count > Self.delegationLogMaximum { delegationLog.removeFirst(Self.delegationLogMaximum / 10) }
  }

  // MARK: Control

  /// Applies a control action to the head's state (and to what waits on it). Returns what the caller may want to know.
  mutating func perform(_ action: SimAction) throws(SimAction.Refused) -> JSON {
    let now = head.timestampMs
    let last = states.count - 1
    switch action {
    case .adjust(let adjustment):
      try states[last].adjust(adjustment, nowMs: now)
      rebuildPending()
      return .object([])
    case .useEnergy(let address, let amount):
      let outcome = try states[last].useEnergy(of: address, amount: amount, nowMs: now)
      rebuildPending()
      return ["used": .int(outcome.used), "burned_sun": .int(outcome.burnedSun)]
    case .setParameter(let name, let value):
      try states[last].setParameter(name, value: value, nowMs: now)
      rebuildPending()
      return .object([])
    case .setClockOffset(let ms):
      guard ms <= 366 * 86_400_000 else { throw SimAction.Refused(reason: "ms \(ms) is more than a year") }
      clockOffsetMs = ms
      return .object([])
    case .revert(let count, let keepTransactions):
      return try revert(count, keepTransactions: keepTransactions)
    }
  }

  private mutating func revert(_ count: Int64, keepTransactions: Bool) throws(SimAction.Refused) -> JSON {
    guard count > 0, count <= head.number - solidNumber, count < states.count else {
      throw SimAction.Refused(
        reason: "\(count) blocks cannot be taken back; only the \(head.number - solidNumber) that are not solid can")
    }
    let dropped = blocks.suffix(Int(count))
    for block in dropped { history.remove(block) }
    blocks.removeLast(Int(count))
    states.removeLast(Int(count))
    let transactions = dropped.flatMap { $0.entries.map(\.transaction) }
    for transaction in transactions { locations[transaction.id] = nil }
    let newHead = head.number
    delegationLog.removeAll { $0.block > newHead }
    if keepTransactions { pool = transactions + pool }
    rebuildPending()
    return ["head": .int(head.number), "transactions": .array(transactions.map { .string($0.id.hex) })]
  }

  /// The pool again on top of the head; what no longer applies is found out at inclusion.
  private mutating func rebuildPending() {
    pendingState = state
    for transaction in pool {
      guard let call = transaction.call else { continue }
      do {
        _ = try pendingState.apply(transaction, call: call, context: context)
      } catch {
        continue  // it stays in the pool and is refused when the next block is made
      }
    }
  }
}
