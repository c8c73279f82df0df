import BusKit

/// Forgets what nobody comes back to, in every replica: deleting twice is harmless. Applied updates after 48 h
/// (Telegram itself keeps them for 24 h, and a journal is replayed within that); the messages of orders after 400
/// days, like session-svc.
enum OldRows {
  private static let interval: Duration = .seconds(3600)
  private static let batch = 5_000

  static func run(_ bus: Bus) async throws {
    while true {
      let removed = try await sweep(bus)
      try await Task.sleep(for: removed >= batch ? .seconds(1) : interval)
    }
  }

  /// One batch of each; returns how many rows went of the table that lost most.
  static func sweep(_ bus: Bus) async throws -> Int {
    try await bus.read { session in
      try session.patiently { try max(session.execute(updates).affected, session.execute(screens).affected) }
    }
  }

  /// Walks `telegram_updates_age`.
  private static let updates = """
    delete from telegram_updates where id in (
      select id from telegram_updates where received_at < now() - interval '48 hours'
      order by received_at limit \(batch) for update skip locked)
    """

  /// Walks `telegram_screens_of_orders`. Other slots are as many as there are customers.
  private static let screens = """
    delete from telegram_screens where id in (
      select id from telegram_screens where slot like 'order:%' and updated_at < now() - interval '400 days'
      order by updated_at limit \(batch) for update skip locked)
    """
}
