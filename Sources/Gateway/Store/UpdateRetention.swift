import BusKit

/// Forgets applied updates after 48 h: Telegram itself keeps them for 24 h, and a journal is replayed within that.
enum UpdateRetention {
  static func run(_ bus: Bus) async throws {
    while true {
      try await bus.read { session in
        _ = try session.execute("delete from telegram_updates where received_at < now() - interval '48 hours'")
      }
      try await Task.sleep(for: .seconds(3600))
    }
  }
}
