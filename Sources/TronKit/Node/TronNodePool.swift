import Synchronization

/// Several nodes in order of preference. A read goes to the first that is well and, when it fails or has not answered
/// soon, to the next one as well. Nodes whose head is over 30 s behind the best are not asked.
public struct TronNodePool: Sendable {
  /// In the configured order. For broadcasting, where each sending must be recorded before the bytes leave. What
  /// they answer counts for the pool's picture of them.
  public let nodes: [TronNodeClient]

  private let memory: NodeMemory
  private let hedgeAfter: Duration
  private let headInterval: Duration

  /// - Parameters:
  ///   - hedgeAfter: how long a node may take for one call of a read before the next is asked to do the read too.
  ///   - headInterval: between two comparisons of heads, made by reads as they come, while all nodes are well. They are
  ///     compared at once when one lags or fails. A node whose latest blocks are being read is not asked.
  public init(
    nodes: [TronNodeClient], hedgeAfter: Duration = .milliseconds(700),
    headInterval: Duration = TronNodePool.headInterval
  ) {
    let memory = NodeMemory(count: nodes.count)
    self.memory = memory
    self.nodes = nodes.enumerated().map { index, node in node.with(observer: memory.observer(index)) }
    self.hedgeAfter = hedgeAfter
    self.headInterval = headInterval
  }

  /// The nodes that may be asked now, best first; those whose budget has nothing left for a broadcast last.
  public func usableNodes() async -> [TronNodeClient] { await usablePlaces().map { nodes[$0] } }

  /// Likewise, by their places in `nodes`.
  func usablePlaces() async -> [Int] {
    await compareHeadsIfDue()
    let order = memory.health.withLock { $0.order(now: memory.now) }
    return order.filter { !nodes[$0].isOutOfBudget } + order.filter { nodes[$0].isOutOfBudget }
  }

  /// How many independent words can be had of a thing: entries of one host, each with its own key, are one witness.
  public var witnessesMax: Int { Set(nodes.map(\.name)).count }

  /// The names of those that can be asked now: they answer, keep up, and have requests left today.
  public var wellNames: Set<String> { Set(wellNodes.map(\.name)) }

  /// Likewise the nodes, in the configured order.
  public var wellNodes: [TronNodeClient] {
    let now = memory.now
    let well = memory.health.withLock { health in
      nodes.indices.filter {
        health.state($0, now: now) == .closed && !health.isSuspended($0, now: now) && !health.lags($0)
      }
    }
    return well.map { nodes[$0] }.filter { $0.budgetLevel?.day != 0 }
  }

  /// Runs a read on the first node that answers. It may run on several at once, and what is not needed is cancelled.
  /// - Throws: the last node's `TronNodeError`, or `CancellationError`; `notFound` is an answer and thrown at once.
  public func read<Answer: Sendable>(
    _ priority: RequestPriority = .confirmation,
    _ call: @escaping @Sendable (TronNodeClient) async throws -> Answer
  ) async throws -> Answer {
    try Task.checkCancellation()
    await compareHeadsIfDue()
    let order = memory.health.withLock { $0.plan(now: memory.now) }
    guard !order.isEmpty else { throw noNode() }
    return try await withThrowingTaskGroup(of: ReadEvent<Answer>.self) { group in
      defer { group.cancelAll() }
      var race = NodeRace(order: order)
      var last = noNode()
      func start(_ index: Int) {
        let pulse = Pulse()
        let node = nodes[index].with(priority: priority).with(observer: memory.observer(index, pulse))
        group.addTask { await Self.attempt(index, node, call) }
        if !race.isExhausted {
          group.addTask { [hedgeAfter] in await pulse.isSilent(for: hedgeAfter) ? .silence(index) : .stopped }
        }
      }
      if let first = race.next() { start(first) }
      while let event = try await group.next() {
        switch event {
        case .answered(let index, let answer):
          won(index, over: race.running)
          return answer
        case .failed(let index, let error):
          if error.code == .notFound {
            won(index, over: race.running)
            throw error
          }
          note(error, of: index)
          last = error
          if let next = race.lost(index) {
            ask(next)
            start(next)
          } else if race.running.isEmpty {
            throw last
          }
        case .threw(let index, let error):
          memory.health.withLock { health in
            for asked in [index] + race.running { health.gaveUp(asked) }
          }
          throw error
        case .silence(let index):
          if let next = race.isSilent(index) {
            ask(next)
            start(next)
          }
        case .stopped: break
        }
      }
      throw last
    }
  }

  /// Runs a read on one node after another, in the configured order, until one answers: also on those that rest or lag,
  /// but on none that asked to be left alone.
  /// - Throws: `TronNodeError`, or `CancellationError`. One that `isLacking` is thrown only where every node was asked
  ///   and each lacks what was wanted.
  public func askEach<Answer: Sendable>(
    _ priority: RequestPriority = .confirmation, _ call: @Sendable (TronNodeClient) async throws -> Answer
  ) async throws -> Answer {
    var lack: TronNodeError?
    var doubt: TronNodeError?
    for (index, node) in nodes.enumerated() {
      try Task.checkCancellation()
      let isSuspended = memory.health.withLock { $0.isSuspended(index, now: memory.now) }
      guard !isSuspended else {
        doubt = TronNodeError(.rateLimited, "\(node.name) asked to be left alone", mayHaveBeenSent: false)
        continue
      }
      do {
        let answer = try await call(node.with(priority: priority))
        memory.health.withLock { $0.succeeded(index) }
        return answer
      } catch let error as TronNodeError {
        note(error, of: index)
        if error.isLacking { lack = error } else { doubt = error }
      }
    }
    throw doubt ?? lack ?? noNode()
  }

  /// What is known of each node, in the configured order, for metrics.
  public func snapshot() -> [NodeSnapshot] {
    let now = memory.now
    return memory.health.withLock { health in
      nodes.indices.map { index in
        NodeSnapshot(
          name: nodes[index].name, state: health.state(index, now: now), failures: health.nodes[index].failures,
          isSuspended: health.isSuspended(index, now: now), head: health.nodes[index].head,
          lag: .milliseconds(health.nodes[index].lag), lags: health.lags(index), budget: nodes[index].budgetLevel,
          calls: memory.calls(index))
      }
    }
  }

  /// Between two comparisons of heads while all nodes are well: 720 calls a day for a node that is not read from.
  public static let headInterval: Duration = .seconds(120)

  /// How many calls were made to compare heads since this was asked last, by this process.
  public func takeHeadCalls() -> Int { memory.takeHeadCalls() }

  // MARK: - Health

  /// Milliseconds of chain time by which a node may be behind the best.
  public static var headLagMax: Int64 { NodeHealth.headLagMax }

  /// The latest head that is believed, in milliseconds of chain time; nil while only one of three nodes or more has
  /// told its own.
  var latestHead: Int64? { memory.health.withLock { $0.best } }

  private func noNode() -> TronNodeError {
    TronNodeError(
      .noNode, "no TRON node can be asked: \(nodes.count) configured, the others lag behind or asked to be left alone",
      mayHaveBeenSent: false)
  }

  private func ask(_ index: Int) { memory.health.withLock { $0.ask(index, now: memory.now) } }

  /// The nodes that were asked earlier and are still silent were overtaken: too slow to be called well.
  private func won(_ index: Int, over running: [Int]) {
    memory.health.withLock { health in
      health.succeeded(index)
      for other in running.prefix(while: { $0 != index }) { health.failed(other, now: memory.now) }
    }
  }

  func note(_ error: TronNodeError, of index: Int) {
    memory.health.withLock { health in
      if error.blamesNode {
        health.failed(index, now: memory.now, rest: error.retryAfter)
      } else {
        health.gaveUp(index)
      }
    }
  }

  private enum ReadEvent<Answer: Sendable>: Sendable {
    case answered(Int, Answer)
    case failed(Int, TronNodeError)
    /// Cancellation, or something of the caller's own.
    case threw(Int, any Error)
    case silence(Int)
    case stopped
  }

  private static func attempt<Answer: Sendable>(
    _ index: Int, _ node: TronNodeClient, _ call: @Sendable (TronNodeClient) async throws -> Answer
  ) async -> ReadEvent<Answer> {
    do {
      return .answered(index, try await call(node))
    } catch let error as TronNodeError {
      return .failed(index, error)
    } catch {
      return .threw(index, error)
    }
  }

  /// Those that do not answer are judged by their failures.
  private func compareHeadsIfDue() async {
    let due = memory.health.withLock { $0.headsDue(now: memory.now, interval: headInterval) }
    guard !due.isEmpty else { return }
    memory.countHeadCalls(due.count)
    let heads = await withTaskGroup(of: (Int, ChainPoint?).self) { group in
      for index in due {
        let node = nodes[index].with(timeout: hedgeAfter)
        group.addTask {
          do {
            return (index, try await node.head().point)
          } catch {
            return (index, nil)
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    memory.health.withLock { $0.compared(heads, now: memory.now) }
  }
}
