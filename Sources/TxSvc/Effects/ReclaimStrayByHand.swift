import BusKit
import Contracts
import Foundation
import TronKit

/// Gives a stray delegation's leg back to its order, which then takes it back as any other: same rules of the signer,
/// same following. Delegations of one wallet to one receiver are one sum on chain (I11), so this is done only while the
/// solid chain lends the stray's sun beside what all live legs of the pair account for, and nothing of the pair moves.
struct ReclaimStrayByHand: OperatorEffect {
  static let kind = "tx.reclaim_stray"
  let command: ReclaimStray
  let replyTo: String
  let correlation: String
  /// One after another: two strays of one pair must not both count the same sun.
  var orderKey: String { "strays" }
  var action: OperatorAction { command.action }
  var subject: String { command.txID.hex }

  static let policy = EffectPolicy(attemptsMax: 5, timeout: .seconds(15))

  private struct Refusal: Error {
    let code: String
    let detail: String
  }

  static func run(_ effect: ReclaimStrayByHand, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let id = effect.command.txID
    let stray = try await context.bus.read { session in
      try session.execute("select * from stray_transactions where id = $1", [.text(id.hex)])
        .decoded(StrayTransaction.self).first
    }
    guard let stray else { return effect.end(ok: false, "not_found", "tx-svc knows of no stray \(id)") }
    if let refusal = Self.refusal(stray) { return effect.end(ok: false, refusal.code, refusal.detail) }
    do {
      let timeMs = try await Self.blockTime(stray, context.bus, world.nodes)
      return effect.revive(stray, timeMs: timeMs, world)
    } catch let refusal as Refusal {
      return effect.end(ok: false, refusal.code, refusal.detail)
    }
  }

  // MARK: - What the row says

  private static func refusal(_ stray: StrayTransaction) -> Refusal? {
    guard stray.purpose == .delegate, stray.isEffective else {
      return Refusal(code: "lends_nothing", detail: "transaction \(stray.id) lent nothing")
    }
    guard stray.isSolid else {
      return Refusal(code: "not_settled", detail: "block \(stray.blockNumber) is not solid: wait for it")
    }
    guard stray.settledAt == nil else {
      return Refusal(code: "settled", detail: "leg \(stray.legID) counts again already: see delegation show")
    }
    return nil
  }

  private static func refusal(_ order: OrderID, _ state: DelegationState) -> Refusal? {
    switch state {
    case .failed, .failing, .reclaimed, .reclaiming: nil
    case .planned, .submitted, .confirmed, .final:
      Refusal(code: "not_ended", detail: "order \(order) is \(state.rawValue): wait for its end")
    }
  }

  // MARK: - What the chain shows

  /// The time of the stray's block, while the chain lends its sun beside that of every live leg. Rows are read before
  /// and after, so that what the chain says lies between them.
  /// - Throws: `Refusal` when it does not.
  private static func blockTime(
    _ stray: StrayTransaction, _ bus: Bus, _ nodes: TronNodePool
  ) async throws -> Int64 {
    let (supplier, receiver) = (stray.supplier, stray.receiver)
    let before = try await legs(stray, bus)
    if let moving = before.legs.first(where: { $0.state != .solid }) {
      throw Refusal(
        code: "not_settled",
        detail: "leg \(moving.id) of the same wallet and receiver is \(moving.state.rawValue): wait for it")
    }
    let (solid, info, lent) = try await nodes.read { node in
      (
        try await node.solidHead().number, try await node.transactionInfo(stray.id, solid: true),
        try await node.delegatedResource(from: supplier, to: receiver, solid: true)
      )
    }
    guard solid >= max(before.solidBlock, stray.blockNumber) else {
      throw Refusal(code: "not_settled", detail: "the node is solid up to \(solid) only: look again")
    }
    guard let info, info.succeeded, info.blockNumber == stray.blockNumber else {
      throw Refusal(
        code: "chain_disagrees",
        detail: "transaction \(stray.id) is not in solid block \(stray.blockNumber) with effect")
    }
    let after = try await legs(stray, bus)
    guard after.legs == before.legs else {
      throw Refusal(code: "not_settled", detail: "the legs of the same wallet and receiver have moved: look again")
    }
    let owed = before.legs.reduce(Int128(0)) { $0 + Int128($1.stake.value) }
    let unlocked = Int128(lent.unlocked.energy.value)
    guard unlocked >= owed + Int128(stray.stake.value) else {
      throw Refusal(
        code: "chain_disagrees",
        detail: "\(supplier) lends \(unlocked) sun to \(receiver) as of solid block \(solid); live legs account for "
          + "\(owed) of it; the stray lent \(stray.stake.value): somebody took it back already")
    }
    return info.blockTimestamp
  }

  private static func legs(_ stray: StrayTransaction, _ bus: Bus) async throws -> LedgerSnapshot {
    guard let legs = try await bus.lookUp({ try LedgerSnapshot.read(stray.supplier, to: stray.receiver, $0) }) else {
      throw Refusal(
        code: "not_settled",
        detail: "the wallet lends more than \(LedgerSnapshot.legsMax) legs to this receiver: too many to compare")
    }
    return legs
  }

  // MARK: - Settling

  /// Under locks: once, and only while the order's rows are what they were taken for.
  private func revive(_ stray: StrayTransaction, timeMs: Int64, _ world: TxEnvironment) -> EffectOutcome {
    let effect = self
    let needs = DelegationCase.needs(stray.orderID) + [.row(StrayTransaction.self, stray.rowKey), recordNeed]
    return .done(needs: needs) { unit in
      if try effect.wasAnswered(unit) { return }
      guard let before = try DelegationCase.load(stray.orderID, from: unit),
        var current = try unit.find(StrayTransaction.self, stray.rowKey), current == stray
      else { return try effect.conclude(unit, ok: false, "not_settled", "the stray has moved meanwhile: look again") }
      if let refusal = Self.refusal(stray.orderID, before.delegation.state) {
        return try effect.conclude(unit, ok: false, refusal.code, refusal.detail)
      }
      var delegation = before
      try delegation.revive(stray.id, blockNumber: stray.blockNumber, timeMs: timeMs)
      try delegation.settle(try DelegationCase.terms(unit, world.limits))
      try delegation.save(over: before, to: unit)
      try current.settle(unit)
      try effect.conclude(
        unit, ok: true, "done", "leg \(stray.legID) counts again; its \(stray.stake.value) sun is being taken back")
    }
  }
}
