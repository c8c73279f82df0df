import Foundation

/// A row of a rehearsed effects table.
struct RehearsalEffect: Sendable {
  let id: UUID
  let kind: String
  let orderKey: String
  let payload: [UInt8]
  let correlation: String
  let traceparent: String
  let createdAt: Date
  var seq = 0
  /// Set by `EffectOutcome.again`: behind all others.
  var place = 0
  var attempts = 0
  var throttles = 0
  var nextAt: Date
  var isRunning = false
  var isDead = false
  var lastError = ""

  init(_ effect: PendingEffect, now: Date) {
    id = effect.id
    kind = effect.kind
    orderKey = effect.orderKey
    payload = effect.payload
    correlation = effect.correlation
    traceparent = effect.traceparent
    createdAt = now
    nextAt = max(now, effect.at ?? now)
  }

  /// Whether another of its order key has to end first: one that runs, and one recorded before, unless that one waits
  /// by its own wish.
  private func waits(for other: RehearsalEffect, now: Date) -> Bool {
    guard other.orderKey == orderKey, other.id != id, !other.isDead else { return false }
    return other.isRunning
      || (other.place, other.seq) < (place, seq) && (other.place == 0 || other.nextAt <= now)
  }

  /// Effects that may run now, those that are due longest first.
  static func due(_ effects: [RehearsalEffect], now: Date) -> [UUID] {
    let byKey = Dictionary(grouping: effects.filter { !$0.isDead }, by: \.orderKey)
    return byKey.values
      .flatMap { others in
        others.filter { effect in
          !effect.isRunning && effect.nextAt <= now && !others.contains { effect.waits(for: $0, now: now) }
        }
      }
      .sorted { ($0.nextAt, $0.place, $0.seq) < ($1.nextAt, $1.place, $1.seq) }.map(\.id)
  }
}
