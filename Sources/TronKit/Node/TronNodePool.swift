import HTTPClient
import Synchronization

/// Several nodes in order of preference. A read goes to the first that is well and, when it fails or has not answered
/// within a second, to the next. Nodes whose head is over 30 s behind the best are not asked.
public struct TronNodePool: Sendable {
  /// In the configured order. For broadcasting, where each sending must be recorded before the bytes leave.
  public let nodes: [TronNodeClient]

  private final class Shared: Sendable {
    let health: Mutex<NodeHealth>
    let start = ContinuousClock.now

    init(count: Int) { health = Mutex(NodeHealth(count: count)) }

    var now: Duration { ContinuousClock.now - start }
  }

  private let shared: Shared
  private let attemptTimeout: Duration
  private let headInterval: Duration

  /// - Parameters:
  ///   - attemptTimeout: for each node but the last, which gets its own timeout.
  ///   - headInterval: between two comparisons of heads, made by reads as they come.
  public init(
    nodes: [TronNodeClient], attemptTimeout: Duration = .seconds(1), headInterval: Duration = .seconds(10)
  ) {
    self.nodes = nodes
    self.attemptTimeout = attemptTimeout
    self.headInterval = headInterval
    shared = Shared(count: nodes.count)
  }

  public init(baseURLs: [String], http: HTTPClient, apiKey: String? = nil, timeout: Duration = .seconds(5)) {
    self.init(nodes: baseURLs.map { TronNodeClient(baseURL: $0, http: http, apiKey: apiKey, timeout: timeout) })
  }

  /// The nodes that may be asked now, best first.
  public func usableNodes() async -> [TronNodeClient] {
    await compareHeadsIfDue()
    return shared.health.withLock { $0.order(now: shared.now) }.map { nodes[$0] }
  }

  /// Runs a read on the first node that answers.
  /// - Throws: the last node's `TronNodeError`, or `CancellationError`; `notFound` is an answer and thrown at once.
  public func read<Answer>(_ call: (TronNodeClient) async throws -> Answer) async throws -> Answer {
    await compareHeadsIfDue()
    let order = shared.health.withLock { $0.order(now: shared.now) }
    var last = TronNodeError(.noNode, "no TRON node is configured, or all lag behind", mayHaveBeenSent: false)
    for (position, index) in order.enumerated() {
      try Task.checkCancellation()
      let isLast = position == order.count - 1
      let node = isLast ? nodes[index] : nodes[index].with(timeout: attemptTimeout)
      do {
        let answer = try await call(node)
        shared.health.withLock { $0.succeeded(index) }
        return answer
      } catch let error as TronNodeError {
        if error.code == .notFound { throw error }
        shared.health.withLock { $0.failed(index, now: shared.now, rest: error.retryAfter) }
        last = error
      }
    }
    throw last
  }

  private func compareHeadsIfDue() async {
    guard shared.health.withLock({ $0.shouldCompareHeads(now: shared.now, interval: headInterval) }) else { return }
    await withTaskGroup(of: (Int, Int64?).self) { group in
      for (index, node) in nodes.enumerated() {
        group.addTask {
          do {
            return (index, try await node.with(timeout: attemptTimeout).head().timestamp)
          } catch {
            return (index, nil)
          }
        }
      }
      for await (index, head) in group {
        shared.health.withLock { $0.sawHead(index, head) }
      }
    }
  }
}
