import Foundation

/// The followed head at a moment of Postgres' clock, and whether it may be signed on: what expires 60 s after an old
/// head is refused, or expires at once, and an end of a rental that is judged by it would be a lie.
struct HeadSight: Sendable {
  /// nil: the chain is not followed yet.
  let cursor: BlockCursor?
  let now: Date

  /// A head that has not moved for this long is not signed on.
  private static let standingMax: TimeInterval = 30
  /// Nor one that the follower, catching up, knows to be far behind.
  private static let behindMsMax: Int64 = 15_000

  /// Why nothing is signed, neither delegations nor reclaims.
  var obstacle: HeadObstacle? {
    guard let cursor else { return .notFollowed }
    if now.timeIntervalSince(cursor.advancedAt) >= Self.standingMax { return .standing(cursor.number) }
    if (cursor.headNumber - cursor.number) * cursor.intervalMs > Self.behindMsMax {
      return .behind(cursor.number, of: cursor.headNumber)
    }
    return nil
  }

  /// Why no delegation is. The nodes may agree with each other and all be behind the network.
  /// - Parameter ageMax: chain time against Postgres' time.
  func obstacleToDelegate(ageMax: Duration) -> HeadObstacle? {
    if let obstacle { return obstacle }
    guard let cursor else { return .notFollowed }
    let age = Duration.milliseconds(now.chainMilliseconds - cursor.timeMs)
    return age > ageMax ? .old(cursor.number, age: age) : nil
  }

  /// What a reclaim is signed on; nil: nothing.
  var toSign: BlockCursor? { obstacle == nil ? cursor : nil }

  /// What a delegation is signed on; nil: nothing.
  func toDelegate(ageMax: Duration) -> BlockCursor? { obstacleToDelegate(ageMax: ageMax) == nil ? cursor : nil }
}

/// Why the followed head is not signed on.
enum HeadObstacle: Sendable, Equatable, CustomStringConvertible {
  case notFollowed
  /// No block has been followed for long.
  case standing(Int64)
  /// Blocks are being caught up with.
  case behind(Int64, of: Int64)
  /// The newest block of all nodes is too old, or Postgres' clock is ahead.
  case old(Int64, age: Duration)

  /// For metrics.
  var name: String {
    switch self {
    case .notFollowed: "not_followed"
    case .standing: "standing_head"
    case .behind: "behind"
    case .old: "old_head"
    }
  }

  var description: String {
    switch self {
    case .notFollowed: "the chain is not followed yet"
    case .standing(let block): "no block after \(block) has been followed for 30 s"
    case .behind(let block, let head): "block \(block) of \(head) is being caught up with"
    case .old(let block, let age):
      "the newest block of all nodes, \(block), is \(age.components.seconds) s old, or Postgres' clock is ahead"
    }
  }
}
