import BusKit
import Contracts
import Foundation
import TronKit

/// Walks through everybody to whom a wallet lends, on chain or by our rows, and has each difference looked into. A few
/// receivers at a time with a pause between, so that a night's calls stay few; the place is kept in a row.
struct ReconcileWallet: Effect {
  static let kind = "tx.reconcile_wallet"
  let wallet: TronAddress
  let night: Date
  var orderKey: String { "reconcile/\(wallet)" }

  static let policy = EffectPolicy(attemptsMax: 20, timeout: .seconds(60), backoff: Backoff(most: .seconds(300)))
  /// Receivers of one step, each a call.
  static let batch = 20
  /// Receivers of one wallet that one night compares; the others wait for the next.
  static let pairsMax: Int64 = 2_000
  /// A wallet that differs everywhere is one finding, not thousands.
  static let suspectsMax: Int64 = 200

  /// What one step found.
  private struct Step: Sendable {
    var compared: [TronAddress] = []
    var suspects: [TronAddress] = []
    var isLast = true
  }

  static func run(_ effect: ReconcileWallet, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let wallet = effect.wallet
    let row = try await context.bus.read { session in
      try session.execute("select * from reconciliations where id = $1", [.text(wallet.base58)])
        .decoded(Reconciliation.self).first
    }
    guard let row, effect.isRunning(row) else { return .done() }
    let step = try await effect.step(after: row.afterReceiver, context.bus, world)
    let isOver = try await context.bus.transaction(needs: [.row(Reconciliation.self, wallet.base58)]) { unit in
      guard var row = try unit.find(Reconciliation.self, wallet.base58), effect.isRunning(row) else { return true }
      row.pairs += Int64(step.compared.count)
      let room = max(0, suspectsMax - row.suspects)
      for receiver in step.suspects.prefix(Int(room)) {
        try unit.start(CheckLedger(wallet: wallet, receiver: receiver))
      }
      row.suspects += Int64(step.suspects.count)
      row.afterReceiver = step.compared.last?.base58 ?? row.afterReceiver
      row.isPartial = !step.isLast && row.pairs >= pairsMax
      if step.isLast || row.isPartial { row.finishedAt = unit.now }
      try unit.save(row)
      return row.finishedAt != nil
    }
    return isOver ? .done() : .again(after: world.reconcilePause)
  }

  /// To the millisecond, which is what a message keeps of a time.
  private func isRunning(_ row: Reconciliation) -> Bool {
    row.finishedAt == nil && abs(row.night.timeIntervalSince(night)) < 0.001
  }

  private func step(after: String, _ bus: Bus, _ world: TxEnvironment) async throws -> Step {
    let wallet = wallet
    guard let before = try await bus.lookUp({ try LedgerSnapshot.read(wallet, $0) }) else {
      LedgerSnapshot.tooMany(wallet, bus)
      return Step()
    }
    let ours = Set(before.legs.compactMap(\.receiver))
    let (lent, isLast) = try await world.nodes.read { node in
      let solid = try await node.solidHead().number
      guard solid >= before.solidBlock else {
        // As an error of this node, so that the others are asked.
        throw TronNodeError(
          .unsupported, "\(node.name) is solid up to block \(solid) only, \(before.solidBlock) was followed")
      }
      let all = ours.union(try await node.delegationReceivers(of: wallet, solid: true))
      let rest = all.filter { $0.base58 > after }.sorted { $0.base58 < $1.base58 }
      var lent: [(receiver: TronAddress, stake: Sun)] = []
      for receiver in rest.prefix(Self.batch) {
        let found = try await node.delegatedResource(from: wallet, to: receiver, solid: true)
        lent.append((receiver, try found.unlocked.energy.adding(found.locked.energy)))
      }
      return (lent, rest.count <= Self.batch)
    }
    guard let now = try await bus.lookUp({ try LedgerSnapshot.read(wallet, $0) }) else {
      LedgerSnapshot.tooMany(wallet, bus)
      return Step()
    }
    let legsBefore = Dictionary(grouping: before.legs, by: \.receiver)
    let legsNow = Dictionary(grouping: now.legs, by: \.receiver)
    var step = Step(compared: lent.map(\.receiver), isLast: isLast)
    for (receiver, stake) in lent {
      let bounds = try LedgerBounds(before: legsBefore[receiver] ?? [], after: legsNow[receiver] ?? [])
      if !bounds.contains(stake) { step.suspects.append(receiver) }
    }
    return step
  }
}
