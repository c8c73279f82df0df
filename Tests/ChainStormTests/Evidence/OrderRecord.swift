import Contracts
import Foundation

/// What the test asked for with one order, and what it was told of it.
struct OrderRecord: Sendable {
  enum News: Sendable, Equatable {
    case submitted
    case confirmed(startedAtMs: Int64)
    case reverted
    case final(energy: Int64)
    case failed(OrderFailure)
    case reclaimed(txIDs: [String])
  }

  let id: String
  let receiver: String
  let energy: Int64
  let durationSeconds: Int64
  /// Why it must be refused whatever happens; nil: it may be delivered.
  var mustFail: OrderFailure?
  /// By the events' numbers; a repeated one stands once.
  var news: [Int64: News] = [:]

  init(id: String, receiver: String, energy: Int64, durationSeconds: Int64, mustFail: OrderFailure? = nil) {
    self.id = id
    self.receiver = receiver
    self.energy = energy
    self.durationSeconds = durationSeconds
    self.mustFail = mustFail
  }

  /// In the order of their numbers.
  var told: [News] { news.sorted { $0.key < $1.key }.map(\.value) }

  var failure: OrderFailure? {
    for case .failed(let reason) in news.values { return reason }
    return nil
  }

  var isFinal: Bool {
    news.values.contains { if case .final = $0 { true } else { false } }
  }

  var isReclaimed: Bool {
    news.values.contains { if case .reclaimed = $0 { true } else { false } }
  }

  var isTerminal: Bool { failure != nil || isReclaimed }

  /// As of the latest confirmation that was not taken back.
  var startedAtMs: Int64? {
    var started: Int64?
    for news in told {
      switch news {
      case .confirmed(let at): started = at
      case .reverted: started = nil
      case .submitted, .final, .failed, .reclaimed: break
      }
    }
    return started
  }
}
