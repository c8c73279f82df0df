import Synchronization

/// What a pool remembers of its nodes, shared by its copies.
final class NodeMemory: Sendable {
  let health: Mutex<NodeHealth>
  private let counts: Mutex<[[NodeCall: Int]]>
  private let headCalls = Mutex(0)
  private let start = ContinuousClock.now

  init(count: Int) {
    health = Mutex(NodeHealth(count: count))
    counts = Mutex(Array(repeating: [:], count: count))
  }

  var now: Duration { ContinuousClock.now - start }

  func countHeadCalls(_ count: Int) { headCalls.withLock { $0 += count } }

  func takeHeadCalls() -> Int {
    headCalls.withLock { count in
      defer { count = 0 }
      return count
    }
  }

  func calls(_ index: Int) -> [NodeCall: Int] { counts.withLock { $0[index] } }

  /// - Parameter pulse: of the read that the calls belong to.
  func observer(_ index: Int, _ pulse: Pulse? = nil) -> NodeObserver {
    NodeObserver(
      called: { [self] path, error in
        pulse?.beat()
        let call = NodeCall(name: String(path.split(separator: "/").last ?? ""), outcome: error?.code)
        counts.withLock { $0[index][call, default: 0] += 1 }
        // Reads are judged as a whole by the pool; a broadcast is one call, made by somebody else.
        guard path == TronNodeClient.broadcastPath else { return }
        health.withLock { health in
          if let error {
            if error.blamesNode { health.failed(index, now: now, rest: error.retryAfter) }
          } else {
            health.succeeded(index)
          }
        }
      },
      saw: { [self] point, isHead in
        health.withLock { health in
          isHead ? health.sawHead(index, point, now: now) : health.sawBlock(index, point, now: now)
        }
      })
  }
}

/// When a node last answered within one read. A read of many calls takes long without anything being wrong.
final class Pulse: Sendable {
  private let last = Mutex(ContinuousClock.now)

  func beat() { last.withLock { $0 = .now } }

  /// Returns true once nothing was answered for so long; false when the task is cancelled before.
  func isSilent(for limit: Duration) async -> Bool {
    while true {
      let due = last.withLock { $0 } + limit
      if due <= .now { return true }
      do { try await Task.sleep(until: due) } catch { return false }
    }
  }
}

/// A kind of call to a node and how it ended.
public struct NodeCall: Hashable, Sendable {
  /// The last part of the path, such as `getblockbynum`.
  public let name: String
  /// Nil for an answer.
  public let outcome: TronNodeError.Code?

  public init(name: String, outcome: TronNodeError.Code?) {
    self.name = name
    self.outcome = outcome
  }
}

/// What a pool knows of one node.
public struct NodeSnapshot: Sendable {
  /// Host and port.
  public let name: String
  public let state: NodeState
  /// In a row.
  public let failures: Int
  /// The node asked to be left alone and is.
  public let isSuspended: Bool
  /// The last head heard of. Its age by the wall clock is for people: the chain itself may stand still.
  public let head: ChainPoint?
  /// Chain time behind the best node, when its head was last heard of.
  public let lag: Duration
  /// Whether that is too much for the node to be asked.
  public let lags: Bool
  /// Nil without limits.
  public let budget: BudgetLevel?
  public let calls: [NodeCall: Int]
}
