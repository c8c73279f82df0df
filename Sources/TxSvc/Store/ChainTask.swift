import BusKit
import Foundation

/// Solid blocks to be read again, or compared, a few at a time; whoever goes on finds here where to.
struct ChainTask: Row {
  static let table = "chain_tasks"
  /// Finished ones are forgotten after this.
  static let keptFor: TimeInterval = 90 * 86_400

  enum Kind: String, Codable, Sendable { case rescan, compare }

  /// An operator's key, or what started it.
  let id: String
  let kind: Kind
  let first: Int64
  let last: Int64
  /// Beyond `last` when there is nothing left.
  var next: Int64
  /// What was missing and found, or what differed.
  var findings: Int64
  /// Blocks that were passed over because no node could give them.
  var passed: Int64
  let startedAt: Date
  var finishedAt: Date?

  var rowKey: String { id }

  init(id: String, kind: Kind, blocks: ClosedRange<Int64>, now: Date) {
    self.id = id
    self.kind = kind
    first = blocks.lowerBound
    last = blocks.upperBound
    next = blocks.lowerBound
    findings = 0
    passed = 0
    startedAt = now
    finishedAt = nil
  }

  mutating func advance(to number: Int64, findings more: Int64, passed lacking: Int64 = 0, now: Date) {
    next = number
    findings += more
    passed += lacking
    if next > last { finishedAt = now }
  }

  func count(passed lacking: Int, _ metrics: MetricsRegistry) {
    metrics.counter("energy_tx_blocks_passed_total", labels: [("kind", kind.rawValue)]).increment(by: lacking)
  }
}
