import BusKit

/// Forgets orders that ended a day ago; the counters keep their number. Deleting twice is harmless, so every replica
/// may.
enum EndedOrders {
  private static let interval: Duration = .seconds(600)
  private static let batch = 5_000

  static func sweep(_ bus: Bus) async throws {
    while true {
      let removed = try await bus.read { session in
        try session.patiently {
          try session.execute(
            """
            delete from monitored_orders where id in (
              select id from monitored_orders where is_ended and updated_at < now() - interval '1 day'
              limit \(batch) for update skip locked)
            """
          ).affected
        }
      }
      try await Task.sleep(for: removed >= batch ? .seconds(1) : interval)
    }
  }
}
