import Contracts
import Crypto
import Foundation

/// What order-svc would do next for one order. A value: time comes in, messages go out.
struct OrderCase: Sendable {
  enum Step: Sendable {
    case delegate(DelegateEnergy)
    case withdraw(WithdrawDelegation)
    case reclaim(ReclaimEnergy)
  }

  /// What a step asks for, without the order.
  enum Demand: String, Sendable, CaseIterable { case delegate, withdraw, reclaim }

  /// With no news for this long it asks again.
  private static let patience: TimeInterval = 12

  let request: OrderRequest
  let placedAt: Date
  var record: OrderRecord
  private var lastWordAt: Date
  /// The customer wants it no more.
  private var isUnwanted = false
  private var isWithdrawn = false
  private var isReclaimAsked = false

  init(_ request: OrderRequest, now: Date) {
    self.request = request
    placedAt = now
    record = request.record
    lastWordAt = now
  }

  /// Delegated for good, and the end of the rental is not near.
  var isLasting: Bool { request.outlasts && record.isFinal && !record.isTerminal }

  /// - Returns: what was told under the same number before.
  mutating func note(_ news: OrderRecord.News, seq: Int64, now: Date) -> OrderRecord.News? {
    defer { record.news[seq] = news }
    lastWordAt = now
    return record.news[seq]
  }

  /// The first command, and its repetition where the order has one.
  func first(_ key: SymmetricKey) -> [Step] {
    Array(repeating: .delegate(delegate(key)), count: request.isRepeated ? 2 : 1)
  }

  mutating func withdraw() { isUnwanted = true }

  /// What is due at this moment; remembers that it was said.
  mutating func next(_ now: Date, _ key: SymmetricKey) -> Step? {
    guard !record.isTerminal else { return nil }
    let isSilent = now.timeIntervalSince(lastWordAt) >= Self.patience
    if record.isFinal {
      guard let startedAtMs = record.startedAtMs else { return nil }
      let endsAt = Date(timeIntervalSince1970: Double(startedAtMs) / 1000 + Double(request.durationSeconds))
      guard now >= endsAt || request.asksEarly, !isReclaimAsked || isSilent else { return nil }
      isReclaimAsked = true
      lastWordAt = now
      return .reclaim(
        ReclaimEnergy(
          order: request.order, receiver: request.receiver, endsAt: endsAt,
          seal: .reclaim(order: request.order, receiver: request.receiver, endsAt: endsAt, key: key)))
    }
    let wishes = isUnwanted || request.withdrawAfter.map { now >= placedAt.addingTimeInterval($0) } ?? false
    let isLate = now >= placedAt.addingTimeInterval(request.deadlineAfter)
    if wishes || isLate {
      guard !isWithdrawn || isSilent else { return nil }
      isWithdrawn = true
      lastWordAt = now
      return .withdraw(WithdrawDelegation(order: request.order))
    }
    guard isSilent else { return nil }
    lastWordAt = now
    return .delegate(delegate(key))
  }

  private func delegate(_ key: SymmetricKey) -> DelegateEnergy {
    DelegateEnergy(
      order: request.order, customer: request.customer, receiver: request.receiver, energy: request.energy,
      durationSeconds: request.durationSeconds, deadline: placedAt.addingTimeInterval(request.deadlineAfter),
      seal: .delegate(
        order: request.order, customer: request.customer, receiver: request.receiver, energy: request.energy,
        durationSeconds: request.durationSeconds, key: key))
  }
}

extension OrderCase.Step {
  var order: OrderID {
    switch self {
    case .delegate(let message): message.order
    case .withdraw(let message): message.order
    case .reclaim(let message): message.order
    }
  }

  var demand: OrderCase.Demand {
    switch self {
    case .delegate: .delegate
    case .withdraw: .withdraw
    case .reclaim: .reclaim
    }
  }
}
