import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// What order-svc asks for.
enum DelegationHandlers {
  // MARK: - DelegateEnergy

  /// The hour's sum is counted here. The ratio is locked because its table is the first to be read: whoever comes
  /// second sees the legs that the first has planned for the same receiver.
  static func needs(_ message: DelegateEnergy) -> [Need] {
    DelegationCase.needs(message.order, to: message.receiver) + [
      .row(ChainRatio.self, ChainRatio.key), .row(SigningState.self, SigningState.key),
    ]
  }

  static func delegate(_ message: DelegateEnergy, _ unit: UnitOfWork, _ world: TxEnvironment) throws {
    guard isSealed(message, world.orderKey) else {
      throw InvariantViolation(
        "DelegateEnergy for \(message.order): the seal is not order-svc's; nothing is signed for it")
    }
    if let known = try DelegationCase.load(message.order, from: unit) { return try known.repeatNews(to: unit) }

    var state = try unit.find(SigningState.self, SigningState.key) ?? SigningState(hourStartedAt: unit.now)
    state.roll(to: unit.now)
    var delegation = DelegationCase(
      delegation: Delegation(message, correlation: unit.cause?.correlation ?? "", now: unit.now),
      wallets: try DelegationCase.wallets(of: unit))
    delegation.shared = try DelegationCase.shared(delegation.delegation, unit)
    let terms = try DelegationCase.terms(unit, world.limits)
    delegation.delegation.failure = world.limits.refusal(
      of: message, now: unit.now, mode: terms.mode, wallets: Set(delegation.wallets.keys), hourEnergy: state.hourEnergy)
    let before = delegation.wallets
    try delegation.settle(terms)
    if !world.limits.allows(delegation.liveLegs.map(\.stake), in: state, at: unit.now) {
      delegation.delegation.failure = .poolEmpty
      try delegation.settle(terms)
    }
    try delegation.save(over: nil, walletsBefore: before, to: unit)
    if !delegation.liveLegs.isEmpty {
      state.hourEnergy = try state.hourEnergy.adding(message.energy)
      for leg in delegation.liveLegs { state.hourStake = try state.hourStake.adding(leg.stake) }
      try unit.save(state)
    }
  }

  static func isSealed(_ message: DelegateEnergy, _ key: SymmetricKey) -> Bool {
    message.seal
      == .delegate(
        order: message.order, customer: message.customer, receiver: message.receiver, energy: message.energy,
        durationSeconds: message.durationSeconds, key: key)
  }

  // MARK: - WithdrawDelegation

  static func needs(_ message: WithdrawDelegation) -> [Need] {
    DelegationCase.needs(message.order) + [.rows(Sending.self, where: "order_id", is: message.order.text)]
  }

  static func withdraw(_ message: WithdrawDelegation, _ unit: UnitOfWork, _ world: TxEnvironment) throws {
    guard let before = try DelegationCase.load(message.order, from: unit) else {
      return try refuseForGood(message.order, unit)
    }
    let sent = Set(try unit.all(Sending.self) { $0.orderID == message.order }.map(\.txID))
    let unsent = Set(before.transactions.map(\.id)).subtracting(sent)
    let terms = try DelegationCase.terms(unit, world.limits)
    var delegation = before
    try delegation.withdraw(unsent: unsent, terms)
    try delegation.settle(terms)
    try delegation.save(over: before, to: unit)
    if !delegation.actions.contains(where: \.isNews) { try delegation.repeatNews(to: unit) }
  }

  /// Nothing is known of the order: nothing is on chain. A DelegateEnergy that comes later finds this row and gets
  /// the same answer.
  private static func refuseForGood(_ order: OrderID, _ unit: UnitOfWork) throws {
    var delegation = DelegationCase(
      delegation: Delegation(withdrawn: order, correlation: unit.cause?.correlation ?? "", now: unit.now))
    delegation.tell(.failed)
    try delegation.save(over: nil, to: unit)
  }

  // MARK: - ReclaimEnergy

  /// No promise moves before the sun is back: ends do not wait for the orders that are being planned.
  static func needs(_ message: ReclaimEnergy) -> [Need] {
    DelegationCase.needsWithoutWallets(message.order) + [.reading(BlockCursor.self, BlockCursor.key)]
  }

  static func reclaim(_ message: ReclaimEnergy, _ unit: UnitOfWork, _ world: TxEnvironment) throws {
    guard isSealed(message, world.orderKey) else {
      throw InvariantViolation(
        "ReclaimEnergy for \(message.order): the seal is not order-svc's; nothing is signed for it")
    }
    guard let before = try DelegationCase.loadWithoutWallets(message.order, from: unit) else {
      throw InvariantViolation("ReclaimEnergy for \(message.order): no such delegation")
    }
    guard before.delegation.receiver == message.receiver else {
      throw InvariantViolation("ReclaimEnergy for \(message.order) names another receiver than was delegated to")
    }
    switch before.delegation.state {
    case .reclaiming, .reclaimed, .failed, .failing: return try before.repeatNews(to: unit)
    case .planned, .submitted, .confirmed, .final: break
    }
    var delegation = before
    let endsAtMs = message.endsAt.chainMilliseconds
    let pause = try unit.find(BlockCursor.self, BlockCursor.key).map {
      ReclaimTime.wait(until: endsAtMs, head: $0, now: unit.now)
    }
    try delegation.end(at: endsAtMs, after: pause ?? .zero)
    delegation.delegation.reclaimSeal = message.seal
    try delegation.settle(try DelegationCase.terms(unit, world.limits))
    try delegation.save(over: before, to: unit)
  }

  static func isSealed(_ message: ReclaimEnergy, _ key: SymmetricKey) -> Bool {
    message.seal == .reclaim(order: message.order, receiver: message.receiver, endsAt: message.endsAt, key: key)
  }
}

extension Delegation {
  init(_ message: DelegateEnergy, correlation: String, now: Date) {
    self.init(
      id: message.order, customer: message.customer, receiver: message.receiver, energy: message.energy,
      durationSeconds: message.durationSeconds, deadline: message.deadline, state: .planned, isWithdrawn: false,
      failure: nil, legsPlanned: 0, seq: 0, cost: .zero, correlation: correlation, createdAt: now, seal: message.seal)
  }

  /// Stands for an order that was withdrawn before it was asked for.
  init(withdrawn order: OrderID, correlation: String, now: Date) {
    self.init(
      id: order, customer: CustomerID(text: ""), receiver: .zero, energy: .zero, durationSeconds: 0, deadline: now,
      state: .failed, isWithdrawn: true, failure: .deadline, legsPlanned: 0, seq: 0, cost: .zero,
      correlation: correlation, createdAt: now)
  }
}
