import Foundation
import Logging
import Redis

/// The bus for programs without a database: tools, tests, and services whose effects are idempotent. Publishes,
/// consumes (`Consumer`), asks and answers questions, and sends commands that are answered.
public struct BusClient: Sendable {
  /// For operators: what is in the topics.
  public let broker: any Broker
  let asker: Asker
  /// What this client has published and handled.
  public let metrics: MetricsRegistry
  let logger: Logger
  private let isOwner: Bool

  public init(redis: RedisConfiguration, name: String, logger: Logger) {
    self.init(RedisBroker(redis), name: name, logger: logger, isOwner: true)
  }

  /// - Parameter broker: stays its owner's: the client does not close it.
  public init(broker: any Broker, name: String, logger: Logger) {
    self.init(broker, name: name, logger: logger, isOwner: false)
  }

  private init(_ broker: any Broker, name: String, logger: Logger, isOwner: Bool) {
    self.broker = broker
    self.logger = logger
    self.isOwner = isOwner
    metrics = MetricsRegistry()
    let process = "\(name)@\(ProcessInfo.processInfo.processIdentifier)-\(UUID.v7().text.suffix(12))"
    asker = Asker(process: process, broker: broker, metrics: metrics, logger: logger)
  }

  /// This process on the bus.
  public var process: String { asker.process }

  /// Runs `body` while answers are listened for, then closes the connections.
  public func run<T: Sendable>(_ body: @escaping @Sendable (BusClient) async throws -> T) async throws -> T {
    let listener = Task { await asker.listen { Task.isCancelled } }
    do {
      let value = try await body(self)
      await close(listener)
      return value
    } catch {
      await close(listener)
      throw error
    }
  }

  /// - Parameter topic: nil: the question's own.
  public func ask<Q: Query>(_ query: Q, on topic: Topic? = nil, within limit: Duration = .seconds(5))
    async throws -> Q.Reply
  {
    try await asker.ask(query, on: topic, within: limit)
  }

  /// Sends a command and waits for its answer; nil when none came, which says nothing about whether it was applied.
  public func command<M: Message, R: Message>(
    _ message: M, on topic: Topic? = nil, id: UUID = .v7(), answer: R.Type, within limit: Duration = .seconds(10)
  ) async throws -> R? {
    let correlation = UUID.v7().text
    asker.register(correlation)
    defer { asker.forget(correlation) }
    try await asker.send(message, on: topic, id: id, correlation: correlation, timeToLive: nil)
    guard let envelope = try await asker.wait(correlation, within: limit) else { return nil }
    return try envelope.message(as: R.self)
  }

  /// Sends a message that nobody answers.
  public func send<M: Message>(_ message: M, id: UUID = .v7()) async throws {
    try await asker.send(message, id: id, correlation: id.text, timeToLive: nil)
  }

  private func close(_ listener: Task<Void, Never>) async {
    listener.cancel()
    await asker.close()
    if isOwner { await broker.close() }
    await listener.value
  }
}
