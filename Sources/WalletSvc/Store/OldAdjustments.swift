import BusKit
import Postgres

/// Forgets what was asked for and never booked. Run by every replica: deleting what is old twice is harmless. Rows that
/// a unit of work holds are passed over.
enum OldAdjustments {
  /// So long a key answers as it did; then it is new.
  static let days = 400
  private static let interval: Duration = .seconds(3_600)
  private static let batch: Int64 = 1_000

  static func run(_ bus: Bus) async throws {
    while true {
      let removed = try await bus.read { session in try session.patiently { try delete(session) } }
      if removed > 0 { bus.logger.info("forgot old adjustments", metadata: ["rows": "\(removed)"]) }
      try await Task.sleep(for: removed >= batch ? .seconds(1) : interval)
    }
  }

  /// The oldest first; returns how many. Uses adjustments_unbooked. What an operator booked counts for a day only.
  static func delete(_ session: PostgresSession) throws -> Int {
    let adjustments = try session.execute(
      """
      delete from adjustments where id in (
        select id from adjustments where state <> 'done' and created_at < now() - make_interval(days => $1)
        order by created_at limit $2 for update skip locked)
      """, [.int(Int64(days)), .int(batch)])
    let operators = try session.execute(
      """
      delete from operator_days where id in (
        select id from operator_days where updated_at < now() - interval '3 days' limit $1 for update skip locked)
      """, [.int(batch)])
    return Int(adjustments.affected) + Int(operators.affected)
  }
}
