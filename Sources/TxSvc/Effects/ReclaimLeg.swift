import BusKit
import Contracts
import Foundation
import TronKit

/// Takes a leg back once chain time has reached the order's end, never before (I12). Tried for ever. Two of one leg
/// are harmless: only one transaction is stored, under lock, and none leaves before.
struct ReclaimLeg: Effect {
  static let kind = "tx.reclaim"
  /// Fewer than are sent at once, which takes longer: what is signed must not expire before it is sent.
  static let policy = EffectPolicy(attemptsMax: nil, backoff: Backoff(most: .seconds(60)), concurrency: 16)
  let legID: String
  let order: OrderID
  /// Whether an operator asked for it: then it does not wait behind one that rests after a refusal.
  var isByHand: Bool?
  /// Added to the transaction's timestamp: those of the milliseconds before exist already.
  var shiftMs: Int64?
  var orderKey: String { isByHand == true ? Self.handKey(legID) : legID }

  private static let refusedPause: Duration = .seconds(60)

  static func handKey(_ legID: String) -> String { "by hand/\(legID)" }

  static func run(_ effect: ReclaimLeg, _ context: EffectContext, _ world: TxEnvironment) async throws -> EffectOutcome
  {
    guard let snapshot = try await world.snapshots.read(effect.order, context.bus),
      let leg = snapshot.legs.first(where: { $0.id == effect.legID }), leg.state == .solid
    else { return .done() }
    world.headGate.note(snapshot.head, world.headAgeMax, context.bus.logger)
    guard let head = snapshot.head.toSign else { return .again(after: HeadGate.pause) }
    switch ReclaimTime.judge(snapshot.delegation, headTimeMs: head.timeMs) {
    case .notAsked: return .done()
    case .early:
      let endsAtMs = snapshot.delegation.endsAtMs ?? head.timeMs
      return .again(after: ReclaimTime.wait(until: endsAtMs, head: head, now: snapshot.now))
    case .due: break
    }
    guard snapshot.mode.allows(.reclaim) else { return .again(after: .seconds(5)) }
    if let pause = await effect.waitsForWitnesses(snapshot.delegation, head, context.bus, world) {
      return .again(after: pause)
    }
    if snapshot.transactions.contains(where: { $0.legID == leg.id && $0.purpose == .reclaim && $0.state == .dead }) {
      if let outcome = try await effect.lookAgain(leg, snapshot, context, world) { return outcome }
    }
    guard let wallet = snapshot.wallets[leg.supplier] else {
      throw InvariantViolation("leg \(leg.id) names the wallet \(leg.supplier), which does not exist")
    }
    do {
      return try effect.signAndStore(leg, wallet, head, snapshot, world)
    } catch let refusal as SigningRefusal {
      return effect.refused(refusal, context.bus)
    }
  }

  /// Sun that should come home stays away while this lasts, and no order's deadline ends it.
  private func refused(_ refusal: SigningRefusal, _ bus: Bus) -> EffectOutcome {
    bus.metrics.counter("energy_tx_signing_refused_total", labels: [("code", refusal.code)]).increment()
    let isPaused = if case .paused = refusal { true } else { false }
    bus.logger.log(
      level: isPaused ? .error : .critical, "the signer refuses a reclaim",
      metadata: ["leg": "\(legID)", "why": "\(refusal)"])
    return .again(after: Self.refusedPause)
  }

  /// nil: the end has come by more than the followed block's word, or nobody's time is at stake.
  private func waitsForWitnesses(
    _ delegation: Delegation, _ head: BlockCursor, _ bus: Bus, _ world: TxEnvironment
  ) async -> Duration? {
    guard delegation.state == .reclaiming, let endsAtMs = delegation.endsAtMs else { return nil }
    let pause = Duration.milliseconds(max(100, 2 * head.intervalMs))
    let metrics = bus.metrics
    return await world.witnessed.wait(until: endsAtMs, world.nodes, pause: pause) {
      metrics.counter("energy_tx_ends_unwitnessed_total").increment()
    }
  }

  private func signAndStore(
    _ leg: Leg, _ wallet: SupplierWallet, _ head: BlockCursor, _ snapshot: OrderSnapshot, _ world: TxEnvironment
  ) throws -> EffectOutcome {
    let request = SigningRequest(
      .reclaim, leg: leg, wallet: wallet, snapshot: snapshot, head: head,
      timestampMs: world.timestampMs() + (shiftMs ?? 0))
    return store(try world.signer.sign(request, world.rules), after: reclaims(snapshot.transactions))
  }

  /// How many came to nothing. While the leg is solid these are all that were signed for it.
  private func reclaims(_ transactions: [StoredTransaction]) -> Int {
    transactions.count { $0.legID == legID && $0.purpose == .reclaim && $0.state == .dead }
  }

  /// Stores what was signed, unless the rows changed meanwhile: then the effect starts again and sees how.
  /// A transaction id that exists already (same wallet, receiver and stake in the same millisecond) moves the timestamp
  /// by 1 ms.
  /// - Parameter known: the reclaims that were looked at. One more, dead by now, has to be looked at, too.
  private func store(_ transaction: StoredTransaction, after known: Int) -> EffectOutcome {
    let effect = self
    let needs =
      DelegationCase.needsWithoutWallets(order) + [.row(StoredTransaction.self, transaction.id.hex)]
    return .done(needs: needs) { unit in
      guard let before = try DelegationCase.loadWithoutWallets(effect.order, from: unit) else { return }
      let mode = try unit.find(SigningState.self, SigningState.key)?.mode ?? .everything
      guard try unit.find(StoredTransaction.self, transaction.id.hex) == nil else {
        return try unit.start(effect.shifted)
      }
      guard mode.allows(.reclaim), before.legs.first(where: { $0.id == effect.legID })?.state == .solid,
        effect.reclaims(before.transactions) == known
      else { return try unit.start(effect, at: unit.now.addingTimeInterval(0.1)) }
      var delegation = before
      try delegation.signed(transaction)
      try delegation.save(over: before, to: unit)
    }
  }

  private var shifted: ReclaimLeg {
    ReclaimLeg(legID: legID, order: order, isByHand: isByHand, shiftMs: (shiftMs ?? 0) + 1)
  }

  // MARK: - After a reclaim that died

  /// What does the chain say lies there? nil: enough to take back. A reclaim that came to nothing may have been too
  /// late, or in a block all the same, and a second one would then take the sun of another leg before its end.
  private func lookAgain(
    _ leg: Leg, _ snapshot: OrderSnapshot, _ context: EffectContext, _ world: TxEnvironment
  ) async throws -> EffectOutcome? {
    let bus = context.bus
    let isStray = try await isStray(snapshot, bus)
    let pair = try await LentPair.read(leg, snapshot.delegation.receiver, bus)
    let sight = try await pair.search(world.nodes)
    guard try await LentPair.read(leg, snapshot.delegation.receiver, bus) == pair else {
      return .again(after: .seconds(1))
    }
    if case .present(let lent) = sight, lent.takeable >= pair.whole(asOf: lent.solidBlock), !isStray { return nil }
    bus.metrics.counter("energy_tx_reclaims_short_total").increment()
    bus.logger.error(
      "the chain does not show that a leg can be taken back",
      metadata: ["leg": "\(leg.id)", "stake": "\(leg.stake)", "owed": "\(pair.owed)", "chain": "\(sight)"])
    if case .absent = sight, pair.moving == nil { return writeOff("nothing was left on chain", world) }
    return .retry(after: .seconds(isStray || pair.moving != nil ? 10 : 60), reason: "leg \(leg.id): \(sight)")
  }

  /// Whether a reclaim of this leg that was settled as dead stands in a block. Then only the sum tells when it is back.
  private func isStray(_ snapshot: OrderSnapshot, _ bus: Bus) async throws -> Bool {
    let dead = snapshot.transactions.filter { $0.legID == legID && $0.purpose == .reclaim && $0.state == .dead }
    let strays = try await bus.read { session in
      try session.execute("select * from stray_transactions where id = any($1)", [.textArray(dead.map(\.id.hex))])
        .decoded(StrayTransaction.self)
    }
    return strays.contains(where: \.isEffective)
  }

  /// Books the leg as taken back, unless another reclaim of it was signed meanwhile.
  private func writeOff(_ note: String, _ world: TxEnvironment) -> EffectOutcome {
    let effect = self
    return .done(needs: DelegationCase.needs(order)) { unit in
      guard let before = try DelegationCase.load(effect.order, from: unit),
        before.legs.first(where: { $0.id == effect.legID })?.state == .solid
      else { return try unit.start(effect, at: unit.now.addingTimeInterval(0.1)) }
      var delegation = before
      try delegation.takenBackElsewhere(effect.legID, note: note)
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
    }
  }
}
