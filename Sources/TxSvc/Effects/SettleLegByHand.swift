import BusKit
import Contracts
import Foundation
import TronKit

/// Settles a leg as an operator says, if the solid chain says the same at this moment. The operator proposes, the chain
/// decides.
struct SettleLegByHand: OperatorEffect {
  static let kind = "tx.settle_leg"
  let command: SettleLeg
  let replyTo: String
  let correlation: String
  // Its own: a reclaim of this leg that fails again and again must not hold it up.
  var orderKey: String { "settle/\(command.order)" }
  var action: OperatorAction { command.action }
  var subject: String { Self.subject(command) }

  static let policy = EffectPolicy(attemptsMax: 5, timeout: .seconds(15))

  /// What the chain shows, as far as the verdict goes.
  enum Finding: Sendable, Equatable {
    /// It contradicts, or cannot tell yet.
    case refused(code: String, String)
    /// The leg's own transaction is in a solid block, with effect.
    case solid(TransactionID, block: BlockID, timeMs: Int64, fee: Sun)
    /// The leg's own transaction has expired and is absent; with `isGone` its sun is not lent any more.
    case absent(TransactionID, isGone: Bool)
    /// Nothing of ours is on its way, and the leg's sun is not lent any more.
    case gone(String)
  }

  static func run(_ effect: SettleLegByHand, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let command = effect.command
    guard let snapshot = try await world.snapshots.read(command.order, context.bus) else {
      return effect.end(ok: false, "not_found", "there is no delegation of order \(command.order)")
    }
    guard let leg = snapshot.legs.first(where: { $0.number == command.leg }) else {
      return effect.end(ok: false, "not_found", "order \(command.order) has no leg \(command.leg)")
    }
    let known = DelegationCase(
      delegation: snapshot.delegation, legs: snapshot.legs, transactions: snapshot.transactions)
    let finding =
      switch command.verdict {
      case .delivered, .neverDelivered: try await effect.delivery(of: leg, known, context.bus, world)
      case .reclaimedElsewhere: try await effect.reclaim(of: leg, known, context.bus, world)
      }
    if case .refused(let code, let detail) = finding { return effect.end(ok: false, code, detail) }
    return effect.settle(leg, finding, world)
  }

  // MARK: - What the chain shows

  private func delivery(
    of leg: Leg, _ known: DelegationCase, _ bus: Bus, _ world: TxEnvironment
  ) async throws -> Finding {
    guard leg.state == .signed, let pending = known.pending(leg), pending.state == .signed else {
      return .refused(
        code: "not_open", "leg \(leg.number) is \(leg.state.rawValue): only one that is signed and in no block is open")
    }
    if let named = command.transaction, named != pending.id {
      return .refused(code: "other_transaction", "leg \(leg.number) was signed as \(pending.id), not \(named)")
    }
    let finding = try await Self.search(pending, bus, world.nodes)
    switch (command.verdict, finding) {
    case (.delivered, .solid), (.neverDelivered, .absent), (_, .refused): return finding
    case (_, .solid(let id, let block, _, _)):
      return .refused(code: "chain_disagrees", "transaction \(id) took effect in solid block \(block.number)")
    case (_, .absent(let id, _)):
      return .refused(code: "chain_disagrees", "transaction \(id) has expired and is in no solid block")
    case (_, .gone(let note)): return .refused(code: "chain_disagrees", note)
    }
  }

  private func reclaim(
    of leg: Leg, _ known: DelegationCase, _ bus: Bus, _ world: TxEnvironment
  ) async throws -> Finding {
    let state = known.delegation.state
    guard state == .final || state == .reclaiming || state == .failing,
      leg.state == .solid || leg.state == .reclaiming
    else {
      return .refused(
        code: "not_open", "leg \(leg.number) is \(leg.state.rawValue) of an order that is \(state.rawValue)")
    }
    if let named = command.transaction {
      if let refusal = try await Self.contradicts(named, leg, known.delegation.receiver, world.nodes) { return refusal }
    }
    var expired: TransactionID?
    if leg.state == .reclaiming {
      guard let own = known.pending(leg) else {
        return .refused(code: "not_open", "leg \(leg.number) is being taken back: nothing can be said before it is")
      }
      switch try await Self.search(own, bus, world.nodes) {
      case .absent(let id, _): expired = id
      case let other: return other
      }
    }
    if let refusal = try await lent(leg, known.delegation.receiver, bus, world.nodes) { return refusal }
    if let expired { return .absent(expired, isGone: true) }
    return .gone("taken back elsewhere" + (command.transaction.map { " by \($0)" } ?? ""))
  }

  /// Looks for a transaction of ours in solid blocks. Absence counts where nodes that are far enough agree on it.
  private static func search(
    _ transaction: StoredTransaction, _ bus: Bus, _ nodes: TronNodePool
  ) async throws -> Finding {
    let id = transaction.id
    let receipt = try await nodes.read { node -> (TransactionInfo, BlockID)? in
      guard let info = try await node.transactionInfo(id, solid: true) else { return nil }
      return (info, try await node.block(number: info.blockNumber, solid: true).id)
    }
    if let (info, block) = receipt {
      guard info.succeeded else {
        return .refused(code: "chain_disagrees", "transaction \(id) is in solid block \(block.number) without effect")
      }
      return .solid(id, block: block, timeMs: info.blockTimestamp, fee: info.fee)
    }
    switch try await ChainSearch.find(transaction, nodes, isFollowed: { try await FollowedBlock.isFollowed($0, bus) }) {
    case .absent: return .absent(id, isGone: false)
    case .nodeLags:
      return .refused(
        code: "not_settled",
        "transaction \(id) may still take effect: too few nodes have a solid block past its expiration "
          + MessageCoder.timestamp(Date(chainMilliseconds: transaction.expirationMs)) + ", or they disagree")
    case .present(let block, _, _):
      return .refused(code: "not_settled", "transaction \(id) is in block \(block.number), which is not solid")
    }
  }

  /// A transaction that the operator names has to be a solid reclaim of this pair.
  private static func contradicts(
    _ id: TransactionID, _ leg: Leg, _ receiver: TronAddress, _ nodes: TronNodePool
  ) async throws -> Finding? {
    guard let found = try await nodes.read(.confirmation, { try await $0.transaction(id, solid: true) }) else {
      return .refused(code: "chain_disagrees", "transaction \(id) is in no solid block")
    }
    guard found.succeeded, case .undelegateResource(leg.supplier, receiver, .energy, _)? = Self.contract(found) else {
      return .refused(
        code: "chain_disagrees", "transaction \(id) is no reclaim from \(leg.supplier) to \(receiver) with effect")
    }
    return nil
  }

  private static func contract(_ transaction: ChainTransaction) -> Contract? {
    do throws(TransactionError) {
      return try transaction.raw().contract
    } catch {
      return nil  // Unreadable: certainly no reclaim.
    }
  }

  /// nil: of what the wallet lends to the receiver nothing is left for this leg.
  private func lent(
    _ leg: Leg, _ receiver: TronAddress, _ bus: Bus, _ nodes: TronNodePool
  ) async throws -> Finding? {
    let pair = try await LentPair.read(leg, receiver, bus)
    if let moving = pair.moving {
      return .refused(
        code: "not_settled",
        "leg \(moving.id) of the same wallet and receiver is \(moving.state.rawValue): wait for it")
    }
    switch try await pair.search(nodes) {
    case .unknown(let reason):
      return .refused(code: "not_settled", "too few nodes' solid blocks are later than the legs' blocks: \(reason)")
    case .present(let lent):
      return .refused(
        code: "chain_disagrees",
        "\(leg.supplier) lends \(lent.total) sun to \(receiver) in a solid block, of which other legs account for "
          + "\(pair.owed); this leg lent \(leg.stake.value)")
    case .absent:
      guard try await LentPair.read(leg, receiver, bus) == pair else {
        return .refused(code: "not_settled", "the legs of the same wallet and receiver are moving: look again")
      }
      return nil
    }
  }

  // MARK: - Settling

  /// Under locks: the leg must still be where it was when the chain was asked.
  private func settle(_ leg: Leg, _ finding: Finding, _ world: TxEnvironment) -> EffectOutcome {
    let effect = self
    return .done(needs: DelegationCase.needs(command.order) + [recordNeed]) { unit in
      if try effect.wasAnswered(unit) { return }
      guard let before = try DelegationCase.load(effect.command.order, from: unit),
        let current = before.legs.first(where: { $0.id == leg.id }), current.state == leg.state,
        current.txID == leg.txID, current.reclaimTxID == leg.reclaimTxID
      else {
        return try effect.conclude(unit, ok: false, "not_open", "leg \(leg.number) has moved meanwhile: look again")
      }
      let terms = try DelegationCase.terms(unit, world.limits)
      var delegation = before
      let note = "settled by hand as \(effect.command.verdict.rawValue)"
      switch finding {
      case .refused(let code, let detail): return try effect.conclude(unit, ok: false, code, detail)
      case .solid(let id, let block, let timeMs, let fee):
        try delegation.foundSolid(id, block: block, timeMs: timeMs, fee: fee, terms)
      case .absent(let id, let isGone):
        try delegation.died(id, note: note, as: .buildAnew, terms)
        if isGone { try delegation.takenBackElsewhere(leg.id, note: note) }
      case .gone(let words): try delegation.takenBackElsewhere(leg.id, note: "\(note): \(words)")
      }
      try delegation.settle(terms)
      try delegation.save(over: before, to: unit)
      let state = delegation.legs.first { $0.id == leg.id }?.state.rawValue ?? ""
      try effect.conclude(
        unit, ok: true, "done", "leg \(leg.number) is \(state), the order's delegation \(delegation.delegation.state)")
    }
  }

  /// The same key for another leg or verdict is a mistake.
  static func subject(_ command: SettleLeg) -> String {
    "\(command.order)/\(command.leg) \(command.verdict.rawValue)"
  }
}
