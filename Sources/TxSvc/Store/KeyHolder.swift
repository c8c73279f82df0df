import BusKit
import Foundation
import Postgres

/// Which keys one replica has, as it says itself every few seconds. Keys are put to use only when every living replica
/// has them.
struct KeyHolder: Row {
  static let table = "key_holders"
  static let keyColumn = "process"
  /// A replica that has said nothing for this long is not asked; the bus gives its work to others by then.
  static let silenceMax: TimeInterval = 30

  let process: String
  /// The first is the one it encrypts with.
  var masterKeys: [String]
  var sealingKeys: [String]
  /// Why what its key files hold is not in use; nil: it is.
  var problem: String?
  var seenAt: Date

  var rowKey: String { process }

  func isGone(at now: Date) -> Bool { now.timeIntervalSince(seenAt) > Self.silenceMax }

  /// Replicas that have spoken lately.
  static func living(_ bus: Bus) async throws -> [KeyHolder] {
    try await bus.read { session in
      try session.execute(
        "select * from key_holders where seen_at > clock_timestamp() - $1 * interval '1 s' order by process",
        [.int(Int64(Self.silenceMax))]
      ).decoded(KeyHolder.self)
    }
  }
}
