import Foundation
import Postgres

/// A handler without its message's type.
struct MessageHandler: Sendable {
  let version: Int
  let topic: Topic
  /// What is wrong with the message's older versions; the service does not start with it.
  let versionFault: InvariantViolation?
  let prepare: @Sendable (Envelope) throws -> PreparedUnit

  init<M: Message>(
    _ type: M.Type, topic: Topic = M.topic, where isOfUse: @escaping @Sendable (M) -> Bool = { _ in true },
    needs: @escaping @Sendable (M) -> [Need], apply: @escaping @Sendable (M, UnitOfWork) throws -> Void
  ) {
    version = M.messageVersion
    self.topic = topic
    versionFault = M.versionFault
    prepare = { envelope in
      let message = try envelope.message(as: M.self)
      guard isOfUse(message) else { return .ignored(envelope) }
      return PreparedUnit(cause: envelope, needs: needs(message)) { try apply(message, $0) }
    }
  }

  /// Of a type of which nothing comes: not even its body is read.
  init<M: Message>(ignoring type: M.Type) {
    version = M.messageVersion
    topic = M.topic
    versionFault = M.versionFault
    prepare = { .ignored($0) }
  }
}

/// A unit of work ready to run: as often as it takes.
struct PreparedUnit: Sendable {
  var cause: Envelope?
  /// Nothing comes of it: it needs no transaction, and may be delivered any number of times.
  var isIgnored = false
  let needs: [Need]
  let apply: @Sendable (UnitOfWork) throws -> Void

  static func ignored(_ cause: Envelope) -> PreparedUnit {
    PreparedUnit(cause: cause, isIgnored: true, needs: []) { _ in }
  }
}

struct EffectHandler: Sendable {
  let policy: EffectPolicy
  /// Whether effects of this kind are worth taking.
  let isAdmitted: @Sendable () -> Bool
  let run: @Sendable ([UInt8], EffectContext) async throws -> EffectOutcome
  let exhausted: @Sendable ([UInt8], String) throws -> EffectOutcome

  init<E: Effect>(
    _ type: E.Type, policy: EffectPolicy, admitted: @escaping @Sendable () -> Bool = { true },
    exhausted: @escaping @Sendable (E, String) -> EffectOutcome,
    run: @escaping @Sendable (E, EffectContext) async throws -> EffectOutcome
  ) {
    self.policy = policy
    isAdmitted = admitted
    self.run = { try await run(try MessageCoder.decode(E.self, from: $0), $1) }
    self.exhausted = { exhausted(try MessageCoder.decode(E.self, from: $0), $1) }
  }
}

/// A handler of questions without its question's type.
struct QueryHandler: Sendable {
  let versionFault: InvariantViolation?
  let bind: @Sendable (Bus) -> QueryAnswer

  init<Q: Query>(_ type: Q.Type, _ body: @escaping @Sendable (Q, Bus) async throws -> Q.Reply) {
    versionFault = Q.versionFault
    bind = { bus in Self.answer(type) { try await body($0, bus) } }
  }
}

/// A loaded database row that decodes itself into whatever `Need` asks.
struct LoadedRow: Sendable {
  let row: PostgresRow
  func decode<R: Row>(_ type: R.Type) throws -> R { try PostgresRowDecoder().decode(type, from: row) }
}
