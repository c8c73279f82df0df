import Foundation
import Postgres

/// A day of the outbox, in UTC: one partition, which goes as a whole when nobody needs it any more.
struct OutboxDay: Sendable, Hashable, Comparable {
  /// Days since 1970-01-01.
  let number: Int

  init(number: Int) { self.number = number }

  /// Judged by whole microseconds, as Postgres does.
  init(of date: Date) {
    let micros = (date.timeIntervalSinceReferenceDate * 1_000_000).rounded()
    number = Int((micros / 86_400_000_000).rounded(.down)) + 11_323  // From 1970-01-01 to 2001-01-01.
  }

  /// `2026-11-21`
  var text: String {
    Date(timeIntervalSince1970: Double(number) * 86_400).formatted(.iso8601.year().month().day())
  }

  /// `outbox_20261121`
  var table: String { "outbox_" + text.replacing("-", with: "") }

  static func < (a: OutboxDay, b: OutboxDay) -> Bool { a.number < b.number }

  /// For `$1::date[]`, each once.
  static func list(_ days: [OutboxDay]) -> PostgresValue { .textArray(Set(days).sorted().map(\.text)) }
}
