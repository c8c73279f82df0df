import BusKit
import Contracts
import Foundation
import TronKit

/// Compares what a wallet lends, to one receiver or in all, with our rows, in solid state, and judges the difference.
/// Nothing but the record of the difference is changed.
struct CheckLedger: Effect {
  static let kind = "tx.check_ledger"
  let wallet: TronAddress
  /// nil: the wallet's total.
  let receiver: TronAddress?
  var id: String { LedgerDifference.key(wallet, receiver) }
  var orderKey: String { "ledger/\(id)" }

  static let policy = EffectPolicy(attemptsMax: 5, timeout: .seconds(15))
  /// After nodes that did not answer, or are not as far as our rows.
  private static let retry: Duration = .seconds(10)

  static func run(_ effect: CheckLedger, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let (wallet, receiver, id) = (effect.wallet, effect.receiver, effect.id)
    let (known, isReported) = try await context.bus.lookUp { session in
      let open = try session.execute(
        "select 1 from ledger_differences where id = $1 and state = 'reported'", [.text(id)])
      return (try LedgerSnapshot.read(wallet, to: receiver, session), !open.rows.isEmpty)
    }
    guard let before = known else {
      LedgerSnapshot.tooMany(wallet, context.bus)
      return .done()
    }
    // What was reported is looked at by the clock; anything else would be forgotten.
    let later: EffectOutcome = isReported ? .done() : .again(after: retry)
    let (chain, block): (Sun, Int64)
    do {
      (chain, block) = try await effect.read(world.nodes)
    } catch let error as TronNodeError {
      context.bus.logger.warning("the ledger cannot be compared", metadata: ["of": "\(id)", "error": "\(error)"])
      return later
    }
    guard block >= before.solidBlock else { return later }
    guard let after = try await context.bus.lookUp({ try LedgerSnapshot.read(wallet, to: receiver, $0) }) else {
      LedgerSnapshot.tooMany(wallet, context.bus)
      return .done()
    }
    let reading = LedgerReading(
      bounds: try LedgerBounds(before: before.legs, after: after.legs), chain: chain, block: block,
      isTotal: receiver == nil)
    let bus = context.bus
    let needs: [Need] = [
      .row(LedgerDifference.self, id), .row(Reconciliation.self, wallet.base58),
    ]
    return .done(needs: needs) { try effect.conclude(reading, $0, bus, world) }
  }

  /// What the solid chain says, and the block that says it, from one node.
  private func read(_ nodes: TronNodePool) async throws -> (Sun, Int64) {
    let (wallet, receiver) = (wallet, receiver)
    return try await nodes.read { node in
      let solid = try await node.solidHead().number
      guard let receiver else { return (try await node.account(wallet, solid: true)?.delegatedEnergy ?? .zero, solid) }
      let lent = try await node.delegatedResource(from: wallet, to: receiver, solid: true)
      return (try lent.unlocked.energy.adding(lent.locked.energy), solid)
    }
  }

  private func conclude(_ reading: LedgerReading, _ unit: UnitOfWork, _ bus: Bus, _ world: TxEnvironment) throws {
    let known = try unit.find(LedgerDifference.self, id)
    let judgement = LedgerJudgement.of(reading, known?.known)
    switch judgement {
    case .nothing: break
    case .forget: return try unit.delete(LedgerDifference.self, id)
    case .suspect, .report, .keep, .settle:
      var row = try row(reading, known, judgement, now: unit.now)
      if judgement == .report || judgement == .settle {
        row.seq = EventSeq.next(after: row.seq, unit.now)
        try unit.publish(row.event)
        tell(row, bus)
      }
      try unit.save(row)
      if judgement == .report, receiver == nil, row.onChain > row.ours {
        try ReconcileTicks.begin(wallet, night: unit.now, unit)
      }
    }
    // A suspicion is looked into soon; an open difference by the clock.
    if try unit.find(LedgerDifference.self, id)?.state == .suspected {
      try unit.start(self, at: unit.now.addingTimeInterval(world.ledgerPause.timeInterval))
    }
  }

  private func row(
    _ reading: LedgerReading, _ known: LedgerDifference?, _ judgement: LedgerJudgement, now: Date
  ) throws -> LedgerDifference {
    var row =
      known
      ?? LedgerDifference(
        id: id, wallet: wallet, receiver: receiver, kind: .amount, state: .suspected, ours: .zero, onChain: .zero,
        solidBlock: 0, since: now, seq: 0)
    row.ours = reading.ours
    row.onChain = reading.chain
    if case .differs(let kind) = reading.verdict { row.kind = kind }
    switch judgement {
    case .suspect:
      if row.state == .settled { (row.since, row.reportedAt, row.settledAt) = (now, nil, nil) }
      row.state = .suspected
      row.solidBlock = reading.block
    case .report:
      row.state = .reported
      row.reportedAt = now
    case .settle:
      row.state = .settled
      row.settledAt = now
    case .keep, .nothing, .forget: break
    }
    return row
  }

  private func tell(_ row: LedgerDifference, _ bus: Bus) {
    let isOpen = row.state == .reported
    if isOpen {
      bus.metrics.counter("energy_tx_ledger_differences_total", labels: [("kind", row.kind.rawValue)]).increment()
    }
    bus.logger.log(
      level: isOpen ? .critical : .notice,
      isOpen ? "the chain does not lend what the ledger says" : "chain and ledger agree again",
      metadata: [
        "difference": "\(row.id)", "kind": "\(row.kind.rawValue)", "ours": "\(row.ours)", "chain": "\(row.onChain)",
      ])
  }
}
