import BusKit
import Contracts
import Foundation
import TronKit

/// Checks the receiver on chain, then signs and stores the order's planned legs. Nothing is sent here.
struct PrepareDelegation: Effect {
  static let kind = "tx.prepare"
  let order: OrderID
  var orderKey: String { order.text }

  static func run(_ effect: PrepareDelegation, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    guard let snapshot = try await OrderSnapshot.read(effect.order, context.bus) else { return .done() }
    let planned = snapshot.legs.filter { $0.state == .planned }
    guard !planned.isEmpty else { return .done() }
    guard snapshot.mode.allows(.delegate) else { return effect.fail(.signingPaused, world) }
    // The order's deadline ends the attempts: `settle` drops what was not signed by then.
    guard snapshot.now < snapshot.delegation.deadline, !snapshot.delegation.isWithdrawn else {
      return effect.settle(world)
    }

    let receiver = snapshot.delegation.receiver
    async let resources = world.nodes.read { try await $0.resources(receiver) }
    guard let account = try await world.nodes.read({ try await $0.account(receiver) }) else {
      return effect.fail(.receiverNotActivated, world)
    }
    guard !account.isContract else { return effect.fail(.receiverIsContract, world) }
    if let ratio = try await resources.stakeRatio {
      let isEnough = try planned.allSatisfy { try ratio.energy(for: $0.stake) >= $0.energy }
      guard isEnough else { return effect.planAgain(ratio, for: receiver, world) }
    }
    let isStored = try await effect.signAndStore(planned, snapshot, context, world)
    return isStored ? .done() : .again(after: .milliseconds(50))
  }

  /// False when the rows changed meanwhile; the next run sees how. A transaction id that exists already (same wallet,
  /// receiver and stake in the same millisecond) moves the timestamp by 1 ms.
  private func signAndStore(
    _ planned: [Leg], _ snapshot: OrderSnapshot, _ context: EffectContext, _ world: TxEnvironment
  ) async throws -> Bool {
    let head = try snapshot.currentHead()
    var timestampMs = world.timestampMs()
    var signed: [StoredTransaction] = []
    for leg in planned {
      guard let wallet = snapshot.wallets[leg.supplier] else {
        throw InvariantViolation("leg \(leg.id) names the wallet \(leg.supplier), which does not exist")
      }
      while true {
        let transaction = try world.signer.sign(
          .delegate, leg: leg, receiver: snapshot.delegation.receiver, wallet: wallet, reference: head.solidBlockID,
          headTimeMs: head.timeMs, timestampMs: timestampMs, now: snapshot.now)
        let isTaken = try await TransactionIDs.isTaken(transaction.id, context.bus)
        if !isTaken, !signed.contains(where: { $0.id == transaction.id }) {
          signed.append(transaction)
          break
        }
        timestampMs += 1
      }
    }
    return try await store(signed, context, world)
  }

  private func store(
    _ signed: [StoredTransaction], _ context: EffectContext, _ world: TxEnvironment
  ) async throws -> Bool {
    let needs = DelegationCase.needs(order) + signed.map { Need.row(StoredTransaction.self, $0.id.hex) }
    return try await context.bus.transaction(needs: needs, correlation: context.correlation) { unit in
      guard let before = try DelegationCase.load(order, from: unit) else { return false }
      var delegation = before
      let terms = try DelegationCase.terms(unit, world.limits)
      let mayStart =
        terms.mode.allows(.delegate) && !before.delegation.isWithdrawn
        && before.delegation.failure == nil && unit.now < before.delegation.deadline
      let waiting = Set(before.legs.filter { $0.state == .planned }.map(\.id))
      guard mayStart, Set(signed.map(\.legID)) == waiting else { return false }
      for transaction in signed {
        guard try unit.find(StoredTransaction.self, transaction.id.hex) == nil else { return false }
        try delegation.signed(transaction)
      }
      delegation.submitted()
      try delegation.settle(terms)
      try delegation.save(over: before, to: unit)
      return true
    }
  }

  // MARK: - Other ends

  func fail(_ failure: OrderFailure, _ world: TxEnvironment) -> EffectOutcome {
    settle(world) { delegation, _ in
      if delegation.delegation.failure == nil { delegation.delegation.failure = failure }
    }
  }

  /// The network's ratio has fallen below the margin since the legs were planned.
  private func planAgain(_ ratio: StakeRatio, for receiver: TronAddress, _ world: TxEnvironment) -> EffectOutcome {
    settle(world, to: receiver) { delegation, unit in
      try delegation.dropPlanned("the energy ratio fell: planned again")
      try unit.save(ChainRatio(ratio, readAt: unit.now))
    }
  }

  private func settle(
    _ world: TxEnvironment, to receiver: TronAddress? = nil,
    _ change: @escaping @Sendable (inout DelegationCase, UnitOfWork) throws -> Void = { _, _ in }
  ) -> EffectOutcome {
    let order = order
    return .done(needs: DelegationCase.needs(order, to: receiver)) { unit in
      guard let before = try DelegationCase.load(order, from: unit, isSharing: receiver != nil) else { return }
      var delegation = before
      try change(&delegation, unit)
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
    }
  }
}
