import Hummingbird
import Logging
import Postgres

/// What a service is made of: what it handles, answers, runs outside and schedules. Its main file builds one of these
/// and calls `run()`; nothing happens before that.
public struct Service: Sendable {
  public typealias HTTPRouter = Router<BasicRequestContext>

  /// The name on the bus: consumer group, Redis client, metrics. `order-svc`.
  public let name: String
  /// The Postgres schema of its tables and of the bus' own.
  public let schema: String
  /// Its tables. They run at start, after the bus' own, under a lock.
  public let migrations: [Migration]

  var handlers: [String: MessageHandler] = [:]
  var topics: [Topic] = []
  var effects: [String: EffectHandler] = [:]
  var queries: [String: QueryHandler] = [:]
  var queryTopics: [Topic] = []
  var schedules: [ScheduledWork] = []
  var backgrounds: [Background] = []
  var beginnings: [@Sendable (Bus) async throws -> Void] = []
  var routes: [@Sendable (HTTPRouter, Bus) -> Void] = []
  var publishedTopics: [Topic] = []
  var operatorAudits: [@Sendable (AppliedAction, UnitOfWork) throws -> Void] = []
  var gauges: [@Sendable (Bus) async throws -> Void] = []
  var middleware: [any Middleware] = []

  public init(name: String, schema: String, migrations: [Migration]) {
    self.name = name
    self.schema = schema
    self.migrations = migrations
  }

  /// Handles a message in a transaction of the batch it arrived in. A refusal of the business is a message, never a
  /// throw.
  /// - Parameters:
  ///   - isOfUse: false of messages of which nothing comes here, whatever the tables say. They cost no transaction and
  ///     leave no row in the inbox.
  ///   - needs: the rows it wants, from the message alone.
  ///   - apply: synchronous and repeatable: it may be run again with fresh rows.
  public mutating func handle<M: Message>(
    _ type: M.Type, where isOfUse: @escaping @Sendable (M) -> Bool = { _ in true },
    needs: @escaping @Sendable (M) -> [Need] = { _ in [] },
    apply: @escaping @Sendable (M, UnitOfWork) throws -> Void
  ) {
    register(MessageHandler(type, where: isOfUse, needs: needs, apply: apply), M.messageType)
  }

  private mutating func register(_ handler: MessageHandler, _ type: String) {
    handlers[type] = handler
    if !topics.contains(handler.topic) { topics.append(handler.topic) }
  }

  /// Acknowledges messages of a type that this service has no use for. Without this they would be held as not yet
  /// known. They cost no transaction and leave no row in the inbox.
  public mutating func ignore<M: Message>(_ type: M.Type) {
    register(MessageHandler(ignoring: type), M.messageType)
  }

  /// The topics that this service publishes to. It stops when one is full, and knows what their readers still need when
  /// the broker has lost its memory; so publishing to another one is an error.
  public mutating func publishes(_ topics: [Topic]) {
    for topic in topics where !publishedTopics.contains(topic) { publishedTopics.append(topic) }
  }

  /// Runs an effect outside transactions.
  /// - Parameters:
  ///   - admitted: asked before effects of this kind are taken. While it answers false they stay where they are and
  ///     cost nothing, not even an attempt; what is to happen to them meanwhile is the service's business. For what all
  ///     of them need and would find missing one by one.
  ///   - exhausted: what to write when its attempts are used up; the row stays for the operator with state `dead`.
  public mutating func effect<E: Effect>(
    _ type: E.Type, policy: EffectPolicy = EffectPolicy(), admitted: @escaping @Sendable () -> Bool = { true },
    exhausted: @escaping @Sendable (E, String) -> EffectOutcome = { _, _ in .done() },
    run: @escaping @Sendable (E, EffectContext) async throws -> EffectOutcome
  ) {
    effects[E.kind] = EffectHandler(
      type, policy: policy, admitted: admitted, exhausted: exhausted, run: run)
  }

  /// Answers a question. May use the network; changes nothing but caches. Throw `QueryFailure` to answer with a code.
  public mutating func answer<Q: Query>(
    _ type: Q.Type, _ body: @escaping @Sendable (Q, Bus) async throws -> Q.Reply
  ) {
    queries[Q.messageType] = QueryHandler(type, body)
    if !queryTopics.contains(Q.topic) { queryTopics.append(Q.topic) }
  }

  /// Runs in every replica when it starts, after the migrations and before anything is handled, answered or run: for
  /// what must be known of the database first. Run again, with back-off, until it returns; so it must be repeatable,
  /// also by two replicas at a time. What it publishes leaves afterwards; nobody answers it before that.
  public mutating func beforeWork(_ body: @escaping @Sendable (Bus) async throws -> Void) { beginnings.append(body) }

  /// Runs in every replica until the service stops; started again with back-off when it throws.
  public mutating func background(_ name: String, _ body: @escaping @Sendable (Bus) async throws -> Void) {
    backgrounds.append(Background(name: name, body: body))
  }

  /// Adds routes to the service's HTTP server, beside `/livez`, `/readyz` and `/metrics`.
  public mutating func http(_ body: @escaping @Sendable (HTTPRouter, Bus) -> Void) { routes.append(body) }

  /// Called before each answer of `/metrics` to refresh gauges.
  public mutating func beforeMetrics(_ body: @escaping @Sendable (Bus) async throws -> Void) { gauges.append(body) }

  /// Puts something around every piece of work, inside of what was put there before. Tracing, metrics and logging are
  /// there already, outermost.
  public mutating func use(_ middleware: any Middleware) { self.middleware.append(middleware) }

  /// Starts everything and returns when the process has been asked to stop and has drained. Its metrics
  /// become the process' backend of swift-metrics, if none has.
  public func run(_ configuration: ServiceConfiguration) async throws {
    for fault in handlers.values.map(\.versionFault) + queries.values.map(\.versionFault) {
      if let fault { throw fault }
    }
    let runtime = ServiceRuntime(self, configuration)
    MetricsBackend.install(runtime.bus.metrics)
    try await runtime.run()
  }
}

struct Background: Sendable {
  let name: String
  let body: @Sendable (Bus) async throws -> Void
}
