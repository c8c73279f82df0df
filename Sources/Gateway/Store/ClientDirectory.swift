import BusKit
import Contracts
import Foundation
import Postgres
import Synchronization

/// Who a bearer token is. Operators make clients, so they are few: the whole table is kept in memory and read again
/// every few seconds, by one reader for all requests. What somebody guesses costs no statement of its own.
final class ClientDirectory: Sendable {
  struct Caller: Sendable, Equatable {
    let client: String
    let customer: CustomerID
  }

  private struct State {
    var clients: [String: APIClientRow] = [:]
    /// When the reading began that `clients` comes from.
    var readAt: ContinuousClock.Instant?
    /// When the last reading began, whatever came of it.
    var triedAt: ContinuousClock.Instant?
    var reading: Task<Void, any Error>?
  }

  /// Clients beyond are not known.
  static let clientsMax = 10_000
  /// Between two readings.
  static let pace = Duration.milliseconds(200)

  private let fresh: Duration
  private let old: Duration
  private let state = Mutex(State())

  /// - Parameters:
  ///   - fresh: what was read is read again after this.
  ///   - old: and is not believed after this: so long requests go on through a loss of Postgres, and so long a client
  ///     whose row was deleted by hand is still known at the most.
  init(fresh: Duration = .seconds(5), old: Duration = .seconds(15)) {
    self.fresh = fresh
    self.old = old
  }

  /// - Parameter guess: called for a key that is not known before the table is read for it; a throw refuses it.
  /// - Returns: nil: no such client, or the wrong secret.
  /// - Throws: what `guess` throws; any other error when the table could not be read.
  func caller(_ key: APIKey, bus: Bus, guess: () throws -> Void) async throws -> Caller? {
    let now = ContinuousClock.now
    let (clients, readAt) = state.withLock { ($0.clients, $0.readAt) }
    if let readAt, now - readAt < old, let caller = Self.match(key, clients) {
      if now - readAt >= fresh { _ = reading(bus) }
      return caller
    }
    if readAt != nil, Self.match(key, clients) == nil { try guess() }
    try await read(since: now, bus)
    return Self.match(key, state.withLock { $0.clients })
  }

  /// Returns when the table has been read as it was at `instant` or later.
  private func read(since instant: ContinuousClock.Instant, _ bus: Bus) async throws {
    repeat { try await reading(bus).value } while state.withLock { $0.readAt.map { $0 < instant } ?? true }
  }

  /// The reading that is under way, or another.
  private func reading(_ bus: Bus) -> Task<Void, any Error> {
    state.withLock { state in
      if let reading = state.reading { return reading }
      let pause = state.triedAt.map { Self.pace - ($0.duration(to: .now)) } ?? .zero
      // Not a child: what is read is everybody's, also when the one who asked has gone.
      let reading = Task {
        defer { self.state.withLock { $0.reading = nil } }
        if pause > .zero { try await Task.sleep(for: pause) }
        try await self.read(bus)
      }
      state.reading = reading
      return reading
    }
  }

  private func read(_ bus: Bus) async throws {
    let began = ContinuousClock.now
    state.withLock { $0.triedAt = began }
    let rows: [APIClientRow]
    do {
      rows = try await bus.read { session in
        try session.execute("select * from api_clients order by created_at limit $1", [.int(Self.clientsMax + 1)]).rows
          .map { try PostgresRowDecoder().decode(APIClientRow.self, from: $0) }
      }
    } catch {
      bus.logger.warning("the API clients could not be read", metadata: ["error": "\(error)"])
      throw error
    }
    if rows.count > Self.clientsMax {
      bus.logger.error(
        "there are too many API clients; the newest are not known", metadata: ["max": "\(Self.clientsMax)"])
    }
    state.withLock { state in
      state.clients = Dictionary(rows.prefix(Self.clientsMax).map { ($0.id, $0) }) { first, _ in first }
      state.readAt = began
    }
  }

  private static func match(_ key: APIKey, _ clients: [String: APIClientRow]) -> Caller? {
    for reading in key.readings {
      if let client = clients[reading.client], APIKey.matches(Array(client.secretHash), reading.secretHash) {
        return Caller(client: client.id, customer: client.customer)
      }
    }
    return nil
  }
}
