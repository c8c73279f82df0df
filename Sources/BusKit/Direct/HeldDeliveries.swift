import Synchronization

/// The deliveries that a direct consumer holds: read, and neither acknowledged nor handed back nor buried.
///
/// They stand in the order in which they came. Workers take them from the front; `room` keeps what waits bounded.
final class HeldDeliveries: Sendable {
  /// A delivery that can be handled.
  struct Entry: Sendable {
    let delivery: Delivery
    let envelope: Envelope
    let route: DirectRoute
  }

  struct Item: Sendable {
    let batch: Batch
    let place: Int
    var entry: Entry { batch.entries[place] }
    /// It is still held, and its lease is this consumer's as far as is known.
    var isLeased: Bool { batch.state.withLock { $0.isHeld[place] && $0.isLeased[place] } }
    /// Its lease is not renewed any more.
    func endLease() { batch.state.withLock { $0.isLeased[place] = false } }
  }

  /// What was read together. Settled when nothing of it is held.
  final class Batch: Sendable {
    let entries: [Entry]
    let since = ContinuousClock.now
    fileprivate let state: Mutex<(isHeld: [Bool], isLeased: [Bool], left: Int)>

    init(_ entries: [Entry]) {
      self.entries = entries
      let all = Array(repeating: true, count: entries.count)
      state = Mutex((all, all, entries.count))
    }

    /// The ids that are still held.
    var held: [String] {
      let isHeld = state.withLock { $0.isHeld }
      return zip(entries, isHeld).compactMap { $1 ? $0.delivery.id : nil }
    }

    func holds(_ id: String) -> Bool {
      guard let place = entries.firstIndex(where: { $0.delivery.id == id }) else { return false }
      return state.withLock { $0.isHeld[place] }
    }

    /// The ids that are still held and whose leases are to be renewed.
    var leased: [String] {
      let (isHeld, isLeased) = state.withLock { ($0.isHeld, $0.isLeased) }
      return entries.indices.compactMap { isHeld[$0] && isLeased[$0] ? entries[$0].delivery.id : nil }
    }

    /// Of items of this batch, those that are still held and leased.
    func leased(_ items: [Item]) -> [Item] {
      state.withLock { state in items.filter { state.isHeld[$0.place] && state.isLeased[$0.place] } }
    }

    /// Others have these by now. Returns how many of them were leased until then.
    func lose(_ ids: Set<String>) -> Int {
      let places = entries.indices.filter { ids.contains(entries[$0].delivery.id) }
      return state.withLock { state in
        let lost = places.filter { state.isHeld[$0] && state.isLeased[$0] }
        for place in lost { state.isLeased[place] = false }
        return lost.count
      }
    }
  }

  private struct State {
    var waiting: [Batch] = []
    var next = 0
    var held: [ObjectIdentifier: Batch] = [:]
    var count = 0
    var isClosed = false
    var workers: [CheckedContinuation<Void, Never>] = []
    var others: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let waitingMax: Int

  /// - Parameter waitingMax: batches that nobody has begun.
  init(waitingMax: Int) { self.waitingMax = waitingMax }

  var batches: [Batch] { state.withLock { Array($0.held.values) } }

  func contains(_ id: String) -> Bool { batches.contains { $0.holds(id) } }

  func add(_ entries: [Entry]) {
    guard !entries.isEmpty else { return }
    let batch = Batch(entries)
    let workers = state.withLock { state in
      state.waiting.append(batch)
      state.held[ObjectIdentifier(batch)] = batch
      defer { state.workers = [] }
      return state.workers
    }
    for worker in workers { worker.resume() }
  }

  /// The next ones that nobody has begun, out of one batch: neighbours of one type for a handler of batches, else up to
  /// `each`. nil: none are left and none will come.
  func next(each: Int) async -> [Item]? {
    while true {
      let (items, isClosed) = take(each)
      if let items { return items }
      if isClosed { return nil }
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          if state.isClosed || !state.waiting.isEmpty { return true }
          state.workers.append(continuation)
          return false
        }
        if isLate { continuation.resume() }
      }
    }
  }

  private func take(_ each: Int) -> (items: [Item]?, isClosed: Bool) {
    let (items, isClosed, others) = state.withLock { state -> ([Item]?, Bool, [CheckedContinuation<Void, Never>]) in
      guard let batch = state.waiting.first else { return (nil, state.isClosed, []) }
      let end = Self.end(of: batch.entries, from: state.next, each: each)
      let items = (state.next..<end).map { Item(batch: batch, place: $0) }
      state.next = end
      guard end == batch.entries.count else { return (items, false, []) }
      state.waiting.removeFirst()
      state.next = 0
      defer { state.others = [] }
      return (items, false, state.others)
    }
    for other in others { other.resume() }
    return (items, isClosed)
  }

  private static func end(of entries: [Entry], from start: Int, each: Int) -> Int {
    let type = entries[start].envelope.type
    var most = entries.count
    if case .each = entries[start].route.work, each < most - start { most = start + each }
    return entries[start..<most].firstIndex { $0.envelope.type != type } ?? most
  }

  /// Nobody holds these any more.
  func settle(_ items: [Item]) {
    var emptied: [Batch] = []
    for item in items {
      let isLast = item.batch.state.withLock { state in
        guard state.isHeld[item.place] else { return false }
        state.isHeld[item.place] = false
        state.left -= 1
        return state.left == 0
      }
      if isLast { emptied.append(item.batch) }
    }
    guard !emptied.isEmpty else { return }
    let others = state.withLock { state in
      for batch in emptied { state.held[ObjectIdentifier(batch)] = nil }
      defer { state.others = [] }
      return state.others
    }
    for other in others { other.resume() }
  }

  /// Returns when there is room for another batch, or when it `isOver`: see `look`.
  func room(heldMax: Int, orWhen isOver: @escaping @Sendable () -> Bool) async {
    await wait { $0.waiting.count < self.waitingMax && $0.held.count < heldMax || isOver() }
  }

  /// Returns when nothing is held, or when it `isOver`.
  func emptied(orWhen isOver: @escaping @Sendable () -> Bool = { false }) async {
    await wait { $0.held.isEmpty || isOver() }
  }

  /// Whoever waits looks whether it is over.
  func look() {
    let others = state.withLock { state in
      defer { state.others = [] }
      return state.others
    }
    for other in others { other.resume() }
  }

  private func wait(until holds: @Sendable (borrowing State) -> Bool) async {
    while !state.withLock({ holds($0) || $0.isClosed && $0.held.isEmpty }) {
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          if holds(state) { return true }
          state.others.append(continuation)
          return false
        }
        if isLate { continuation.resume() }
      }
    }
  }

  /// Workers end when what waits is done, or with what they do when `isAbandoning`.
  func close(isAbandoning: Bool) {
    let workers = state.withLock { state in
      state.isClosed = true
      if isAbandoning {
        state.waiting = []
        state.next = 0
      }
      defer { state.workers = [] }
      return state.workers
    }
    for worker in workers { worker.resume() }
  }
}
