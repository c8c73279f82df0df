import BusKit

/// Forgets what nobody comes back to. Run by every replica: deleting what is old twice is harmless. Rows that a unit
/// of work
/// holds are passed over.
enum IdleRows {
  private static let interval: Duration = .seconds(600)
  private static let batch = 1_000

  static func sweep(_ bus: Bus) async throws {
    while true {
      let removed = try await bus.read { session in
        try session.patiently {
          try delete("conversations", idleDays: 7).reduce(0) { try $0 + session.execute($1).affected }
            + delete("order_screens", idleDays: 400).reduce(0) { try $0 + session.execute($1).affected }
        }
      }
      if removed > 0 { bus.logger.info("forgot idle rows", metadata: ["rows": "\(removed)"]) }
      try await Task.sleep(for: removed >= batch ? .seconds(1) : interval)
    }
  }

  /// Uses the index on `updated_at`.
  private static func delete(_ table: String, idleDays: Int) -> [String] {
    [
      """
      delete from \(table) where id in (
        select id from \(table) where updated_at < now() - interval '\(idleDays) days'
        order by updated_at limit \(batch) for update skip locked)
      """
    ]
  }
}
