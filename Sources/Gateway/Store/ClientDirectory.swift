import BusKit
import Contracts
import Foundation
import Postgres
import Synchronization

/// Who a bearer token is. Remembers what the table said for a few seconds, so that reads go on through a short loss of
/// Postgres and a busy client does not cost a statement per request.
final class ClientDirectory: Sendable {
  struct Caller: Sendable, Equatable {
    let client: String
    let customer: CustomerID
  }
  private struct Entry {
    let client: APIClientRow
    let until: ContinuousClock.Instant
  }

  static let rememberedMax = 10_000
  private let remember: Duration
  private let entries = Mutex<[String: Entry]>([:])

  init(remember: Duration = .seconds(5)) { self.remember = remember }

  /// nil: no such client, or the wrong secret.
  func caller(_ key: APIKey, bus: Bus) async throws -> Caller? {
    let now = ContinuousClock.now
    let known = entries.withLock { entries in
      key.readings.compactMap { entries[$0.client] }.filter { $0.until > now }.map(\.client)
    }
    if let caller = match(key, known) { return caller }
    let names = key.readings.map(\.client)
    let rows = try await bus.read { session in
      try session.execute("select * from api_clients where id = any($1)", [.textArray(names)]).rows
        .map { try PostgresRowDecoder().decode(APIClientRow.self, from: $0) }
    }
    entries.withLock { entries in
      if entries.count > Self.rememberedMax { entries.removeAll() }
      for row in rows { entries[row.id] = Entry(client: row, until: now + remember) }
    }
    return match(key, rows)
  }

  private func match(_ key: APIKey, _ clients: [APIClientRow]) -> Caller? {
    for reading in key.readings {
      for client in clients
      where client.id == reading.client && APIKey.matches(Array(client.secretHash), reading.secretHash) {
        return Caller(client: client.id, customer: client.customer)
      }
    }
    return nil
  }
}
