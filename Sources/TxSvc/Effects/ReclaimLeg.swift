import BusKit
import Contracts
import Foundation
import TronKit

/// Takes a leg back once chain time has reached the order's end, never before (I12). Tried for ever. Two of one leg
/// are harmless: only one transaction is stored, under lock, and none leaves before.
struct ReclaimLeg: Effect {
  static let kind = "tx.reclaim"
  let legID: String
  let order: OrderID
  /// Whether an operator asked for it: then it does not wait behind one that rests after a refusal.
  var isByHand: Bool?
  var orderKey: String { isByHand == true ? Self.handKey(legID) : legID }

  static func handKey(_ legID: String) -> String { "by hand/\(legID)" }

  static func run(_ effect: ReclaimLeg, _ context: EffectContext, _ world: TxEnvironment) async throws -> EffectOutcome
  {
    guard let snapshot = try await OrderSnapshot.read(effect.order, context.bus),
      let leg = snapshot.legs.first(where: { $0.id == effect.legID }), leg.state == .solid
    else { return .done() }
    let head = try snapshot.currentHead()
    switch ReclaimTime.judge(snapshot.delegation, headTimeMs: head.timeMs) {
    case .notAsked: return .done()
    case .wait(let pause): return .again(after: pause)
    case .due: break
    }
    guard snapshot.mode.allows(.reclaim) else { return .again(after: .seconds(5)) }
    if snapshot.transactions.contains(where: { $0.legID == leg.id && $0.purpose == .reclaim && $0.state == .dead }) {
      if let outcome = try await effect.lookAgain(leg, snapshot, context, world) { return outcome }
    }
    guard let wallet = snapshot.wallets[leg.supplier] else {
      throw InvariantViolation("leg \(leg.id) names the wallet \(leg.supplier), which does not exist")
    }
    return try await effect.signAndStore(leg, wallet, head, snapshot, context, world)
  }

  private func signAndStore(
    _ leg: Leg, _ wallet: SupplierWallet, _ head: BlockCursor, _ snapshot: OrderSnapshot, _ context: EffectContext,
    _ world: TxEnvironment
  ) async throws -> EffectOutcome {
    var timestampMs = world.timestampMs()
    while true {
      let request = SigningRequest(
        .reclaim, leg: leg, wallet: wallet, snapshot: snapshot, head: head, timestampMs: timestampMs)
      let transaction = try world.signer.sign(request, world.rules)
      if try await !TransactionIDs.isTaken(transaction.id, context.bus) {
        return store(transaction, after: reclaims(snapshot.transactions))
      }
      timestampMs += 1
    }
  }

  /// How many were ever signed for the leg.
  private func reclaims(_ transactions: [StoredTransaction]) -> Int {
    transactions.count { $0.legID == legID && $0.purpose == .reclaim }
  }

  /// Stores what was signed, unless the rows changed meanwhile: then the effect starts again and sees how.
  /// - Parameter known: the reclaims that were looked at. One more, dead by now, has to be looked at, too.
  private func store(_ transaction: StoredTransaction, after known: Int) -> EffectOutcome {
    let effect = self
    let needs =
      DelegationCase.needsWithoutWallets(order) + [.row(StoredTransaction.self, transaction.id.hex)]
    return .done(needs: needs) { unit in
      guard let before = try DelegationCase.loadWithoutWallets(effect.order, from: unit) else { return }
      let mode = try unit.find(SigningState.self, SigningState.key)?.mode ?? .everything
      guard try unit.find(StoredTransaction.self, transaction.id.hex) == nil, mode.allows(.reclaim),
        before.legs.first(where: { $0.id == effect.legID })?.state == .solid,
        effect.reclaims(before.transactions) == known
      else { return try unit.start(effect, at: unit.now.addingTimeInterval(0.1)) }
      var delegation = before
      try delegation.signed(transaction)
      try delegation.save(over: before, to: unit)
    }
  }

  /// After a refused reclaim: what does the chain say lies there? nil: enough to take back.
  private func lookAgain(
    _ leg: Leg, _ snapshot: OrderSnapshot, _ context: EffectContext, _ world: TxEnvironment
  ) async throws -> EffectOutcome? {
    let receiver = snapshot.delegation.receiver
    let lent = try await world.nodes.read { try await $0.delegatedResource(from: leg.supplier, to: receiver) }
    if lent.unlocked.energy >= leg.stake { return nil }
    context.bus.metrics.counter("energy_tx_reclaims_short_total").increment()
    context.bus.logger.error(
      "the chain holds less than a leg is to take back",
      metadata: [
        "leg": "\(leg.id)", "stake": "\(leg.stake)", "unlocked": "\(lent.unlocked.energy)",
        "locked": "\(lent.locked.energy)",
      ])
    guard lent.unlocked.energy == .zero, lent.locked.energy == .zero else {
      return .retry(after: .seconds(60), reason: "leg \(leg.id) is partly locked or taken back elsewhere")
    }
    let effect = self
    return .done(needs: DelegationCase.needs(order)) { unit in
      guard let before = try DelegationCase.load(effect.order, from: unit) else { return }
      var delegation = before
      try delegation.takenBackElsewhere(effect.legID, note: "nothing was left on chain")
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
    }
  }
}
