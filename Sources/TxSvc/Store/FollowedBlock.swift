import BusKit
import Postgres
import TronKit

/// A block on the way to the cursor; kept until it is far below the solid head, to find the way back in a
/// reorganisation.
struct FollowedBlock: Row {
  static let table = "followed_blocks"
  static let keyColumn = "number"

  /// The number as text: the key.
  let number: String
  let blockID: BlockID
  let parentID: BlockID
  let timeMs: Int64
  /// How many it holds; nil where that was not counted.
  let transactions: Int?

  init(number: Int64, blockID: BlockID, parentID: BlockID, timeMs: Int64, transactions: Int?) {
    self.number = Self.key(number)
    self.blockID = blockID
    self.parentID = parentID
    self.timeMs = timeMs
    self.transactions = transactions
  }

  static func key(_ number: Int64) -> String { String(number) }
  var rowKey: String { number }

  static func read(_ number: Int64, _ session: PostgresSession) throws -> FollowedBlock? {
    try session.execute("select * from followed_blocks where number = $1", [.text(key(number))])
      .decoded(FollowedBlock.self).first
  }

  static func isFollowed(_ block: BlockID, _ bus: Bus) async throws -> Bool {
    try await bus.read { try read(block.number, $0)?.blockID == block }
  }
}
