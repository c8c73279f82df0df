import Foundation
import Testing

@testable import TxSvc

@Suite("Whether the followed head may be signed on")
struct HeadGateTests {
  private static let start = Date(timeIntervalSince1970: 1_800_000_000)

  private func sight(
    age: TimeInterval = 0, standing: TimeInterval = 0, behind: Int64 = 0, at seconds: TimeInterval = 0
  ) throws -> HeadSight {
    let now = Self.start.addingTimeInterval(seconds)
    let head = try Samples.block(9)
    let cursor = BlockCursor(
      id: BlockCursor.key, number: 900, blockID: head, timeMs: now.addingTimeInterval(-age).chainMilliseconds,
      advancedAt: now.addingTimeInterval(-standing), headNumber: 900 + behind, solidNumber: 880, solidBlockID: head,
      solidTimeMs: 0, intervalMs: 3_000, follower: "", leaseUntil: now)
    return HeadSight(cursor: cursor, now: now)
  }

  @Test("a fresh head is signed on; nothing is while there is none, it stands, or blocks are being caught up with")
  func obstacles() throws {
    #expect(try sight().toDelegate(ageMax: .seconds(30))?.number == 900)
    #expect(HeadSight(cursor: nil, now: Self.start).obstacle == .notFollowed)
    #expect(try sight(standing: 29).obstacle == nil)
    #expect(try sight(standing: 30).obstacle == .standing(900))
    #expect(try sight(behind: 5).obstacle == nil)
    #expect(try sight(behind: 6).obstacle == .behind(900, of: 906))
  }

  @Test("an old block keeps delegations back, and reclaims not")
  func old() throws {
    let sight = try sight(age: 31)
    #expect(sight.toDelegate(ageMax: .seconds(30)) == nil)
    #expect(sight.toSign != nil)
    #expect(sight.obstacleToDelegate(ageMax: .seconds(30)) == .old(900, age: .seconds(31)))
  }

  @Test("trouble is told after a second, every ten seconds, and once when it is over")
  func told() throws {
    var state = HeadGateState()
    let news = try (0...25).map { try state.note(sight(standing: 60, at: TimeInterval($0)), .seconds(30)) }
    #expect(news.enumerated().filter { $1 != nil }.map(\.offset) == [1, 11, 21])
    #expect(news[11] == .closed(.standing(900), seconds: 11))
    let after = try [26.0, 27].map { try state.note(sight(at: $0), .seconds(30)) }
    #expect(after == [.opened(seconds: 26), nil])
  }

  @Test("an older sight changes nothing, unless the clock was set back")
  func disorder() throws {
    var state = HeadGateState()
    _ = try state.note(sight(standing: 60, at: 100), .seconds(30))
    _ = try state.note(sight(at: 99), .seconds(30))
    #expect(state.toSign == .standing(900))
    _ = try state.note(sight(at: 10), .seconds(30))
    #expect(state.toSign == nil)
  }
}
