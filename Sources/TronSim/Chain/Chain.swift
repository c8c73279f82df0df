/// A TRON chain with one block producer: a value without clock, files or network. Time comes in with `produce`.
struct Chain: Sendable {
  /// java-tron refuses with SERVER_BUSY above this many waiting transactions.
  static let poolMaximum = 2_000
  /// TAPOS and duplicate checks look this far back; older blocks are forgotten.
  static let blocksMaximum = 65_536
  /// A node may be shown this many blocks behind the head: states are kept for so many more.
  static let lagMaximum: Int64 = 100
  private static let delegationLogMaximum = 100_000

  struct Location: Sendable {
    let block: Int64
    let index: Int
  }

  /// Solid is this many blocks behind the head.
  let solidAfter: Int64
  private(set) var blocks: [Block]
  /// States after the last blocks, oldest first; the last one is the head's.
  private var states: [ChainState]
  /// The head's state with the waiting transactions applied.
  private var pendingState: ChainState
  private var waiting: [Transaction] = []
  private var waitingIDs: Set<TransactionID> = []
  private var locations: [TransactionID: Location] = [:]
  private(set) var delegationLog: [DelegationRecord] = []
  private var delegationSequence: Int64 = 0
  private(set) var history = AccountHistory()
  private(set) var clockOffsetMs: Int64 = 0
  /// Solid blocks stay solid, also while a reorganisation makes the chain shorter.
  private var finalNumber: Int64 = 0
  /// Not zero in the copies that a lagging node shows.
  private var lag: Int64 = 0
  /// Transactions of the pool that the node shown has not heard of.
  private var unheard: Set<TransactionID> = []

  init(genesisTimestampMs: Int64, solidAfter: Int64) {
    self.solidAfter = solidAfter
    let parent = [UInt8](repeating: 0, count: 32)
    blocks = [Block(number: 0, timestampMs: genesisTimestampMs, parentHash: parent, entries: [])]
    states = [ChainState()]
    pendingState = ChainState()
  }

  var head: Block { blocks[blocks.count - 1 - Int(lag)] }
  var state: ChainState { states[states.count - 1 - Int(lag)] }
  var solidNumber: Int64 { lag == 0 ? finalNumber : max(0, min(finalNumber, head.number - solidAfter)) }
  var solidState: ChainState {
    let back = Int(blocks[blocks.count - 1].number - solidNumber)
    return states[max(0, states.count - 1 - back)]
  }
  var solid: Block { block(solidNumber) ?? blocks[0] }
  var pool: [Transaction] { unheard.isEmpty ? waiting : waiting.filter { !unheard.contains($0.id) } }

  func block(_ number: Int64) -> Block? {
    let index = number - blocks[0].number
    return index >= 0 && number <= head.number ? blocks[Int(index)] : nil
  }

  /// The blocks after `number`, oldest first.
  func blocks(after number: Int64) -> ArraySlice<Block> { blocks.suffix(Int(max(0, head.number - number))) }

  func find(_ id: TransactionID) -> (block: Block, entry: Block.Entry)? {
    guard let location = locations[id], let block = block(location.block) else { return nil }
    return (block, block.entries[location.index])
  }

  /// Whether the transaction waits here or is in a block.
  func holds(_ id: TransactionID) -> Bool { waitingIDs.contains(id) || locations[id] != nil }

  /// The chain as a node sees it that is `lag` blocks behind and has not heard of some waiting transactions.
  func seen(lag: Int64, unheard: Set<TransactionID>) -> Chain {
    var view = self
    view.lag = max(0, min(lag, Int64(states.count - 1), head.number))
    view.unheard = unheard
    return view
  }

  // MARK: Transactions

  /// Takes a transaction into the pool, with java-tron's checks in java-tron's order.
  /// - Parameters:
  ///   - cache: what the node knows that got the transaction.
  ///   - lag: how many blocks that node is behind; it judges by what it sees.
  mutating func admit(
    _ transaction: Transaction, through cache: inout TransactionCache, lag: Int64 = 0
  ) throws(Refusal) {
    guard waiting.count < Self.poolMaximum else { throw .busy }
    guard cache.insert(transaction.id) else { throw .alreadyExists }
    guard let call = transaction.call else { throw .validate("No contract!") }
    if lag > 0 {
      try seen(lag: lag, unheard: []).judge(transaction, call: call)
      pass(transaction, call: call)
    } else if !waitingIDs.contains(transaction.id) {
      try take(transaction, call: call)
    }
    cache.accept(transaction.id)
  }

  private mutating func take(_ transaction: Transaction, call: ContractCall) throws(Refusal) {
    guard transaction.raw.expiration > head.timestampMs else { throw .expired }
    try check(transaction, call: call, against: pendingState)
    _ = try pendingState.apply(transaction, call: call, context: context)
    enqueue(transaction)
  }

  /// What a lagging node took goes on to those who see more. What they think of it, it does not hear.
  private mutating func pass(_ transaction: Transaction, call: ContractCall) {
    guard !holds(transaction.id) else { return }
    do {
      try take(transaction, call: call)
    } catch {
      return  // never in a block, although the node answered SUCCESS
    }
  }

  /// Throws what a node answers that sees no more than this.
  private func judge(_ transaction: Transaction, call: ContractCall) throws(Refusal) {
    guard transaction.raw.expiration > head.timestampMs else { throw .expired }
    var trial = state
    try check(transaction, call: call, against: trial)
    _ = try trial.apply(transaction, call: call, context: context)
  }

  private mutating func enqueue(_ transaction: Transaction) {
    waiting.append(transaction)
    waitingIDs.insert(transaction.id)
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
    guard find(transaction.id) == nil else { throw .duplicate }
  }

  /// The newest block whose number ends in the two reference bytes must have the reference hash.
  private func isTaposValid(_ raw: RawTransaction) -> Bool {
    guard raw.refBlockBytes.count == 2, raw.refBlockHash.count == 8 else { return false }
    let slot = Int64(raw.refBlockBytes[0]) << 8 | Int64(raw.refBlockBytes[1])
    let back = (head.number - slot) & 0xffff
    guard let block = block(head.number - back) else { return false }
    return block.id[8..<16].elementsEqual(raw.refBlockHash)
  }

  /// Forgets the waiting transactions, as a node does that is restarted.
  mutating func clearPool() { setPool([]) }

  /// Forgets some of them.
  mutating func forget(_ ids: Set<TransactionID>) { setPool(waiting.filter { !ids.contains($0.id) }) }

  private mutating func setPool(_ transactions: [Transaction]) {
    waiting = transactions
    waitingIDs = Set(transactions.map(\.id))
    rebuildPending()
  }

  // MARK: Blocks

  /// Makes the next block from the pool. Every transaction is checked again; one that fails now is dropped.
  @discardableResult
  mutating func produce(nowMs: Int64) -> Block {
    let candidates = waiting
    waiting = []
    waitingIDs = []
    return append(candidates, timestampMs: max(nowMs + clockOffsetMs, head.timestampMs + 1))
  }

  /// Makes the next block from these transactions, less those that do not apply; the others of the pool wait on.
  @discardableResult
  mutating func extend(with transactions: [Transaction], timestampMs: Int64) -> Block {
    let block = append(transactions, timestampMs: max(timestampMs, head.timestampMs + 1))
    forget(Set(block.entries.map(\.transaction.id)))
    return block
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
    if Int64(states.count) > solidAfter + 1 + Self.lagMaximum { states.removeFirst() }
    pendingState = next
    finalNumber = max(finalNumber, block.number - solidAfter)
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
    delegationSequence += 1
    delegationLog.append(
      DelegationRecord(
        sequence: delegationSequence, transaction: transaction.id, isDelegate: fields.isDelegate, from: from, to: to,
        resource: resource, balance: fields.balance, block: block.number, timestampMs: block.timestampMs))
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
    setPool(keepTransactions ? transactions + waiting : waiting)
    return ["head": .int(head.number), "transactions": .array(transactions.map { .string($0.id.hex) })]
  }

  /// The pool again on top of the head; what no longer applies is found out at inclusion.
  private mutating func rebuildPending() {
    pendingState = state
    for transaction in waiting {
      guard let call = transaction.call else { continue }
      do {
        _ = try pendingState.apply(transaction, call: call, context: context)
      } catch {
        continue  // it stays in the pool and is refused when the next block is made
      }
    }
  }
}
