import Foundation
import Logging
import Synchronization

/// What this process knows of the followed head, so that effects that would only find it too old are not taken: they
/// wait as rows, however many they are, and leave the processor to those who read the chain.
///
/// Decides nothing by itself: whoever signs looks at the head that it has read with its order.
final class HeadGate: Sendable {
  enum Work: Sendable {
    case delegate
    case reclaim
  }

  /// After how long what was taken a moment before the gate closed is due again.
  static let pause: Duration = .milliseconds(250)

  private let state = Mutex(HeadGateState())

  func isOpen(for work: Work) -> Bool {
    state.withLock { state in
      switch work {
      case .delegate: state.toDelegate == nil
      case .reclaim: state.toSign == nil
      }
    }
  }

  /// Why no delegation is signed; nil: the gate is open.
  var obstacle: HeadObstacle? { state.withLock { $0.toDelegate } }

  /// - Parameter ageMax: no delegation is signed on an older head.
  func note(_ sight: HeadSight, _ ageMax: Duration, _ logger: Logger) {
    switch state.withLock({ $0.note(sight, ageMax) }) {
    case nil: break
    case .closed(let obstacle, let seconds):
      logger.warning(
        "nothing is signed for delegations: they wait, and end at their deadlines",
        metadata: ["why": "\(obstacle)", "for_seconds": "\(seconds)"])
    case .opened(let seconds):
      logger.notice("delegations are signed again", metadata: ["after_seconds": "\(seconds)"])
    }
  }
}

/// The gate without its lock.
struct HeadGateState {
  enum News: Equatable {
    case closed(HeadObstacle, seconds: Int)
    case opened(seconds: Int)
  }

  /// Shorter trouble is not told: a service that starts has a head in a moment.
  private static let toldAfter: TimeInterval = 1
  private static let toldEvery: TimeInterval = 10
  /// A clock that was set back by more is believed.
  private static let disorderMax: TimeInterval = 10

  private(set) var toSign: HeadObstacle?
  private(set) var toDelegate: HeadObstacle?
  private var seenAt = Date.distantPast
  private var closedAt: Date?
  private var toldAt: Date?

  /// Times are Postgres'. What is older than what is known already changes nothing.
  mutating func note(_ sight: HeadSight, _ ageMax: Duration) -> News? {
    let behind = seenAt.timeIntervalSince(sight.now)
    guard behind <= 0 || behind > Self.disorderMax else { return nil }
    seenAt = sight.now
    toSign = sight.obstacle
    toDelegate = sight.obstacleToDelegate(ageMax: ageMax)
    guard let obstacle = toDelegate else {
      defer { (closedAt, toldAt) = (nil, nil) }
      guard let closedAt, toldAt != nil else { return nil }
      return .opened(seconds: Int(sight.now.timeIntervalSince(closedAt)))
    }
    let since = closedAt ?? sight.now
    closedAt = since
    guard sight.now.timeIntervalSince(toldAt ?? since) >= (toldAt == nil ? Self.toldAfter : Self.toldEvery) else {
      return nil
    }
    toldAt = sight.now
    return .closed(obstacle, seconds: Int(sight.now.timeIntervalSince(since)))
  }
}
