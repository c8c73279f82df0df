import Foundation

/// What a test sees and sets.
extension RehearsalEngine {
  package func bus(of service: String) throws -> Bus { bus(try stage(service)) }

  /// The face of somebody outside, who waits for replies.
  package func outside() throws -> Bus {
    guard !stages.isEmpty else { throw RehearsalError("there is no service to rehearse") }
    return bus(0)
  }

  package var published: [Envelope] { state.withLock { $0.published } }

  /// Messages that wait for their time, soonest first.
  package var delayed: [(envelope: Envelope, at: Date)] {
    state.withLock { state in
      state.stores.flatMap { $0.outbox.map { ($0.record.envelope, $0.availableAt) } }.sorted { $0.1 < $1.1 }
    }
  }

  package var deadLetters: [DeadLetter] { broker.allDeadLetters }

  package func rows<R: Row>(of type: R.Type, in service: String?) throws -> [R] {
    if let service {
      let index = try stage(service)
      return try state.withLock({ $0.stores[index] }).rows(of: type)
    }
    let stores = state.withLock { $0.stores }
    let owners = stores.indices.filter { stores[$0].tables[R.table]?.isEmpty == false }
    guard owners.count <= 1 else {
      let names = owners.map { stages[$0].service.name }.joined(separator: ", ")
      throw RehearsalError("table \(R.table) has rows in \(names); say which with in:")
    }
    return try owners.first.map { try stores[$0].rows(of: type) } ?? []
  }

  package func insert<R: Row>(_ row: R, in service: String?) throws {
    let index = try service.map(stage) ?? (stages.count == 1 ? 0 : stage(nil))
    try state.withLock { try $0.stores[index].insert(row) }
  }

  package func effects(of kind: String) -> [RehearsedEffect] {
    state.withLock { state in
      state.stores.flatMap(\.effects).filter { $0.kind == kind }.map { RehearsedEffect($0) }
    }
  }

  private func stage(_ name: String?) throws -> Int {
    guard let name, let index = stages.firstIndex(where: { $0.service.name == name }) else {
      let names = stages.map(\.service.name).joined(separator: ", ")
      throw RehearsalError("there is no service '\(name ?? "")' here; say which of \(names)")
    }
    return index
  }
}

/// An effect that is still recorded: waiting, or given up.
public struct RehearsedEffect: Sendable, Equatable {
  /// The idempotency key towards the world.
  public let id: UUID
  /// `Effect.orderKey`
  public let orderKey: String
  /// Runs that counted.
  public let attempts: Int
  /// When it is due, by the rehearsal's clock.
  public let nextAt: Date
  /// Whether it was given up.
  public let isDead: Bool
  /// What its last run failed with, or empty.
  public let lastError: String
  private let payload: [UInt8]

  init(_ effect: RehearsalEffect) {
    id = effect.id
    orderKey = effect.orderKey
    attempts = effect.attempts
    nextAt = effect.nextAt
    isDead = effect.isDead
    lastError = effect.lastError
    payload = effect.payload
  }

  /// - Throws: `DecodingFailure` when it is of another type.
  public func effect<E: Effect>(_ type: E.Type) throws -> E { try MessageCoder.decode(type, from: payload) }
}
