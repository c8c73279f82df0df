import BusKit
import Contracts
import Foundation
import TronKit

/// Checks the receiver on chain, then signs and stores the order's planned legs. Nothing is sent here.
struct PrepareDelegation: Effect {
  static let kind = "tx.prepare"
  let order: OrderID
  /// Added to the transactions' timestamps: those of the milliseconds before exist already.
  var shiftMs: Int64?
  var orderKey: String { order.text }

  static func run(_ effect: PrepareDelegation, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    guard let snapshot = try await world.snapshots.read(effect.order, context.bus) else { return .done() }
    let planned = snapshot.legs.filter { $0.state == .planned }
    guard !planned.isEmpty else { return .done() }
    guard snapshot.mode.allows(.delegate) else { return effect.fail(.signingPaused, world) }
    // The order's deadline ends the attempts: `settle` drops what was not signed by then.
    guard snapshot.now < snapshot.delegation.deadline, !snapshot.delegation.isWithdrawn else {
      return effect.settle(world)
    }
    // Not taken again before the gate opens; the deadline is seen to by `HeadWatch` meanwhile.
    world.headGate.note(snapshot.head, world.headAgeMax, context.bus.logger)
    guard let head = snapshot.head.toDelegate(ageMax: world.headAgeMax) else { return .again(after: HeadGate.pause) }

    let receiver = snapshot.delegation.receiver
    async let ratio = world.ratio.read(world.nodes, asking: receiver)
    let account: ChainAccount
    switch try await world.nodes.account(receiver) {
    case .present(let found): account = found
    case .absent: return effect.fail(.receiverNotActivated, world)
    case .unknown: return .again(after: .seconds(1))
    }
    guard !account.isContract else { return effect.fail(.receiverIsContract, world) }
    if let ratio = try await ratio {
      let isEnough = try planned.allSatisfy { try ratio.energy(for: $0.stake) >= $0.energy }
      guard isEnough else { return effect.planAgain(ratio, for: receiver, world) }
    }
    do {
      return effect.store(try effect.sign(planned, head, snapshot, world), world)
    } catch let refusal as SigningRefusal {
      return effect.refused(refusal, context, world)
    }
  }

  private func sign(
    _ planned: [Leg], _ head: BlockCursor, _ snapshot: OrderSnapshot, _ world: TxEnvironment
  ) throws -> [StoredTransaction] {
    var timestampMs = world.timestampMs() + (shiftMs ?? 0)
    var signed: [StoredTransaction] = []
    for leg in planned {
      guard let wallet = snapshot.wallets[leg.supplier] else {
        throw InvariantViolation("leg \(leg.id) names the wallet \(leg.supplier), which does not exist")
      }
      while true {
        let request = SigningRequest(
          .delegate, leg: leg, wallet: wallet, snapshot: snapshot, head: head, timestampMs: timestampMs)
        let transaction = try world.signer.sign(request, world.rules)
        if !signed.contains(where: { $0.id == transaction.id }) {
          signed.append(transaction)
          break
        }
        timestampMs += 1
      }
    }
    return signed
  }

  /// Stores what was signed, unless the rows changed meanwhile: then the effect starts again and sees how.
  /// A transaction id that exists already (same wallet, receiver and stake in the same millisecond) moves the timestamp
  /// by 1 ms.
  private func store(_ signed: [StoredTransaction], _ world: TxEnvironment) -> EffectOutcome {
    let effect = self
    let needs = DelegationCase.needsWithoutWallets(order) + signed.map { .row(StoredTransaction.self, $0.id.hex) }
    return .done(needs: needs) { unit in
      guard let before = try DelegationCase.loadWithoutWallets(effect.order, from: unit) else { return }
      let terms = try DelegationCase.terms(unit, world.limits)
      let mayStart =
        terms.mode.allows(.delegate) && !before.delegation.isWithdrawn
        && before.delegation.failure == nil && unit.now < before.delegation.deadline
      let waiting = Set(before.legs.filter { $0.state == .planned }.map(\.id))
      guard try signed.allSatisfy({ try unit.find(StoredTransaction.self, $0.id.hex) == nil }) else {
        return try unit.start(PrepareDelegation(order: effect.order, shiftMs: (effect.shiftMs ?? 0) + 1))
      }
      guard mayStart, Set(signed.map(\.legID)) == waiting else {
        return try unit.start(effect, at: unit.now.addingTimeInterval(0.05))
      }
      var delegation = before
      for transaction in signed { try delegation.signed(transaction) }
      delegation.submitted()
      try delegation.save(over: before, to: unit)
    }
  }

  // MARK: - Other ends

  /// The signer refuses. Where that cannot be the order's fault somebody has to look, and the order's deadline ends it.
  private func refused(
    _ refusal: SigningRefusal, _ context: EffectContext, _ world: TxEnvironment
  ) -> EffectOutcome {
    context.bus.metrics.counter("energy_tx_signing_refused_total", labels: [("code", refusal.code)]).increment()
    context.bus.logger.error(
      "the signer refuses a delegation", metadata: ["order": "\(order)", "why": "\(refusal)"])
    guard let failure = refusal.failure else { return .again(after: .seconds(5)) }
    return fail(failure, world)
  }

  func fail(_ failure: OrderFailure, _ world: TxEnvironment) -> EffectOutcome {
    settle(world) { delegation, _ in
      if delegation.delegation.failure == nil { delegation.delegation.failure = failure }
    }
  }

  /// The network's ratio has fallen below the margin since the legs were planned.
  private func planAgain(_ ratio: StakeRatio, for receiver: TronAddress, _ world: TxEnvironment) -> EffectOutcome {
    settle(world, to: receiver, needs: [.row(ChainRatio.self, ChainRatio.key)]) { delegation, unit in
      try delegation.dropPlanned("the energy ratio fell: planned again")
      try unit.save(ChainRatio(ratio, readAt: unit.now))
    }
  }

  /// Ends an order whose deadline has passed while nothing could be signed for it. Harmless where that is not so any
  /// more.
  static func settleOverdue(_ order: OrderID, _ world: TxEnvironment, _ bus: Bus) async throws {
    try await bus.transaction(needs: DelegationCase.needs(order)) { unit in
      guard let before = try DelegationCase.load(order, from: unit), unit.now >= before.delegation.deadline else {
        return
      }
      var delegation = before
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
    }
  }

  private func settle(
    _ world: TxEnvironment, to receiver: TronAddress? = nil, needs: [Need] = [],
    _ change: @escaping @Sendable (inout DelegationCase, UnitOfWork) throws -> Void = { _, _ in }
  ) -> EffectOutcome {
    let order = order
    return .done(needs: DelegationCase.needs(order, to: receiver) + needs) { unit in
      guard let before = try DelegationCase.load(order, from: unit, isSharing: receiver != nil) else { return }
      var delegation = before
      try change(&delegation, unit)
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
    }
  }
}
