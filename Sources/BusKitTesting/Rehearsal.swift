import BusKit
import Foundation
import Logging

/// Services lived through in one process, in milliseconds: without Redis, Postgres or HTTP, and with a clock that
/// stands until it is moved.
///
/// ```swift
/// let rehearsal = try Rehearsal(makeOrders(), makeWallet())
/// try await rehearsal.publish(PlaceOrder(…))
/// try await rehearsal.settle()
/// #expect(try rehearsal.rows(of: OrderRow.self).map(\.state) == [.placed])
/// try await rehearsal.advance(by: .seconds(3600))
/// ```
///
/// What is as on real servers: messages in their wire form, batches, the inbox, declared rows, retries and dead
/// letters, delayed messages, effects with their order and attempts, schedules, queries, replies, a service's own
/// middleware. `faults` and `seed` make it deliver twice, out of order, and lose commits, so that a flow shows whether
/// it is idempotent.
///
/// What is not: SQL (`Bus.read` throws), migrations, a table's rules other than its primary key, routes, background
/// work, caches, the jitter of back-offs. Handlers and effects run one at a time. Timeouts are real time.
public final class Rehearsal: Sendable {
  private let engine: RehearsalEngine

  /// - Parameters:
  ///   - start: what the clock shows at first.
  ///   - seed: what is due at one moment happens in an order drawn from this, in batches of drawn sizes; nil: in the
  ///     order in which it came.
  ///   - stepsMax: how much may happen at one moment of the clock before it counts as going round in circles.
  /// - Throws: `RehearsalError` when two services have one name; `InvariantViolation` when the older versions of a
  ///   message do not fit together, with which its service would not start either.
  public init(
    _ services: Service..., start: Date = Date(timeIntervalSince1970: 1_767_225_600), seed: UInt64? = nil,
    timing: BusTiming = BusTiming(), stepsMax: Int = 100_000,
    logger: Logger = Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() }
  ) throws {
    engine = try RehearsalEngine(
      services, start: start, seed: seed, timing: timing, stepsMax: stepsMax, logger: logger)
  }

  /// What the clock shows.
  public var now: Date { engine.now }

  /// What is done to the services from here on.
  public var faults: RehearsalFaults {
    get { engine.faults }
    set { engine.faults = newValue }
  }

  // MARK: - Going on

  /// Goes on until nothing is due any more at this moment: messages read, effects run, schedules fired.
  /// - Throws: `RehearsalError` when that has no end.
  public func settle() async throws { try await engine.settle() }

  /// Lets time pass. Retries, delayed messages, effects and schedules that come due on the way happen at their own
  /// time.
  public func advance(by time: Duration) async throws { try await engine.advance(by: time) }

  // MARK: - From outside

  /// Sends a message as somebody outside; the services get it with `settle()`.
  /// - Parameter id: the same id twice is the same message twice.
  public func publish<M: Message>(
    _ message: M, id: UUID = .v7(), correlation: String? = nil, timeToLive: Duration? = nil, replyTo: String = ""
  ) async throws {
    let envelope = Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: now,
      timeToLive: timeToLive, correlation: correlation ?? id.text, replyTo: replyTo,
      body: try MessageCoder.encode(message))
    try await publish(envelope, to: M.topic)
  }

  /// Sends anything that has the form of a message: foreign types, broken bodies, other versions.
  public func publish(_ envelope: Envelope, to topic: Topic) async throws {
    try await engine.publish(envelope, topic: topic)
  }

  /// Sends a command and goes on until its answer is there; nil when none came within the limit of the clock.
  public func command<M: Message, R: Message>(
    _ message: M, id: UUID = .v7(), answer: R.Type, within limit: Duration = .seconds(10)
  ) async throws -> R? {
    let correlation = UUID.v7().text
    let bus = try engine.outside()
    let expectation = bus.expectReply(answer, correlation: correlation)
    try await publish(message, id: id, correlation: correlation, replyTo: bus.process)
    return try await expectation.value(within: limit)
  }

  /// Asks the service that answers this question.
  public func ask<Q: Query>(_ query: Q, within limit: Duration = .seconds(5)) async throws -> Q.Reply {
    try await engine.outside().ask(query, within: limit)
  }

  /// A service's own bus: for what it does outside of messages, such as the transactions of its HTTP routes.
  public func bus(of service: String) throws -> Bus { try engine.bus(of: service) }

  // MARK: - Looking

  /// A table's rows in key order.
  /// - Parameter service: whose table; needed when several services have rows in one of that name.
  public func rows<R: Row>(of type: R.Type, in service: String? = nil) throws -> [R] {
    try engine.rows(of: type, in: service)
  }

  /// Puts a row there beforehand.
  /// - Parameter service: whose table; needed when there are several services.
  public func insert<R: Row>(_ row: R, in service: String? = nil) throws { try engine.insert(row, in: service) }

  /// What the services have sent of a type, in order; each once, however often it was delivered.
  public func published<M: Message>(_ type: M.Type) throws -> [M] {
    try engine.published.filter { $0.type == M.messageType }.map { try MessageCoder.decode(M.self, from: $0.body) }
  }

  /// Everything that the services have sent, answers included.
  public var published: [Envelope] { engine.published }

  /// Messages of a type that wait for their time, soonest first.
  public func delayed<M: Message>(_ type: M.Type) throws -> [(message: M, at: Date)] {
    try engine.delayed.filter { $0.envelope.type == M.messageType }.map {
      (try MessageCoder.decode(M.self, from: $0.envelope.body), $0.at)
    }
  }

  /// What was given up, of all streams.
  public var deadLetters: [DeadLetter] { engine.deadLetters }

  /// Effects of a type that have not ended.
  public func effects<E: Effect>(_ type: E.Type) -> [RehearsedEffect] { engine.effects(of: E.kind) }
}
