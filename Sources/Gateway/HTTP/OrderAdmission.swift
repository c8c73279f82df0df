import BusKit
import Foundation
import Synchronization

/// Turns orders away while too many wait for order-svc's first word: waiting customers are better told so than queued.
final class OrderAdmission: Sendable {
  private struct State {
    var waiting = 0
    /// Let through since `waiting` was counted.
    var admitted = 0
    var counted: ContinuousClock.Instant?
  }

  static let recount = Duration.milliseconds(500)
  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// - Throws: `Problem` 503 when the number cannot be read.
  func hasRoom(_ bus: Bus) async throws -> Bool {
    let now = ContinuousClock.now
    let isStale = state.withLock { state in
      guard let counted = state.counted, now - counted < Self.recount else {
        // The first to see it counts; the others go on with what is known.
        state.counted = now
        return true
      }
      return false
    }
    if isStale {
      do {
        let waiting = try await RestOrderReads(bus: bus).unanswered(upTo: limit)
        state.withLock {
          $0.waiting = waiting
          $0.admitted = 0
        }
      } catch {
        bus.logger.warning("the waiting orders could not be counted", metadata: ["error": "\(error)"])
        throw Problem.unavailable("Orders cannot be recorded at the moment; nothing was ordered.")
      }
    }
    return state.withLock { state in
      guard state.waiting + state.admitted < limit else { return false }
      state.admitted += 1
      return true
    }
  }
}
