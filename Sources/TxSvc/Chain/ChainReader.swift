import BusKit
import Foundation
import Synchronization
import TronKit

/// Reads of the nodes for following the chain, counted by what they are for: a day has only so many.
struct ChainReader: Sendable {
  enum Purpose: String, CaseIterable, Sendable {
    case head
    case solidHead = "solid_head"
    /// The next block, or a solid one that is no longer at hand.
    case block
    /// Whether the chain went another way.
    case fork
    case receipts
    case compare
    case rescan
    /// The pool's comparisons of its nodes' heads, whoever's reads made them due.
    case nodeHeads = "node_heads"

    var priority: RequestPriority {
      switch self {
      case .head, .solidHead, .block, .fork, .receipts: .confirmation
      case .compare, .rescan, .nodeHeads: .refresh
      }
    }
  }

  private final class Tally: Sendable {
    let counts = Mutex<[Purpose: Int64]>([:])
  }

  let nodes: TronNodePool
  private let metrics: MetricsRegistry
  private let tally = Tally()

  init(_ nodes: TronNodePool, _ metrics: MetricsRegistry) {
    self.nodes = nodes
    self.metrics = metrics
  }

  /// As `TronNodePool.read`, or `askEach` where that is said. Every node that is asked counts.
  func read<Answer: Sendable>(
    _ purpose: Purpose, askingEach: Bool = false,
    _ call: @escaping @Sendable (TronNodeClient) async throws -> Answer
  ) async throws -> Answer {
    let counted: @Sendable (TronNodeClient) async throws -> Answer = { node in
      count(purpose)
      return try await call(node)
    }
    if askingEach { return try await nodes.askEach(purpose.priority, counted) }
    return try await nodes.read(purpose.priority, counted)
  }

  func count(_ purpose: Purpose, calls: Int = 1) {
    metrics.counter("energy_tx_chain_calls_total", labels: [("purpose", purpose.rawValue)]).increment(by: calls)
    tally.counts.withLock { $0[purpose, default: 0] += Int64(calls) }
  }

  /// A transaction that also writes down, at this time, which calls were made since the last one. Where it fails they
  /// are kept for the next.
  func write<T: Sendable>(
    _ needs: [Need] = [], at time: Date, _ bus: Bus,
    _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    let counted = take()
    do {
      return try await bus.transaction(needs: needs + [ChainCallDay.need(time)]) { unit in
        try ChainCallDay.add(counted, at: time, unit)
        return try body(unit)
      }
    } catch {
      giveBack(counted)
      throw error
    }
  }

  private func take() -> [Purpose: Int64] {
    let headCalls = nodes.takeHeadCalls()
    if headCalls > 0 { count(.nodeHeads, calls: headCalls) }
    return tally.counts.withLock { counts in
      defer { counts = [:] }
      return counts
    }
  }

  private func giveBack(_ counted: [Purpose: Int64]) {
    tally.counts.withLock { $0.merge(counted) { $0 + $1 } }
  }
}
