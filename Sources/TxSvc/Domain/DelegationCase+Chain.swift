import BusKit
import Contracts
import Foundation
import TronKit

/// What happens to an order's transactions, and with them to its legs.
extension DelegationCase {
  /// A transaction was signed for a leg. Not stored unless the leg still waits for it.
  mutating func signed(_ transaction: StoredTransaction) throws {
    let index = try index(ofLeg: transaction.legID)
    switch (transaction.purpose, legs[index].state) {
    case (.delegate, .planned):
      legs[index].state = .signed
      legs[index].txID = transaction.id
    case (.reclaim, .solid):
      legs[index].state = .reclaiming
      legs[index].reclaimTxID = transaction.id
    case (.delegate, _), (.reclaim, _):
      throw InvariantViolation("leg \(legs[index].id) is \(legs[index].state.rawValue); nothing may be signed for it")
    }
    transactions.append(transaction)
    act(.send(txID: transaction.id.hex))
  }

  mutating func submitted() {
    if delegation.state == .planned { delegation.state = .submitted }
    tell(.submitted)
  }

  mutating func inBlock(_ id: TransactionID, block: BlockID, timeMs: Int64, result: String?) throws {
    let at = try index(ofTransaction: id)
    switch transactions[at].state {
    case .signed: break
    case .inBlock where transactions[at].blockID == block: return
    case .inBlock: break
    case .solid: return
    case .dead: throw InvariantViolation("transaction \(id) was settled as dead and stands in block \(block.number)")
    }
    transactions[at].state = .inBlock
    transactions[at].blockNumber = block.number
    transactions[at].blockID = block
    transactions[at].blockTimeMs = timeMs
    transactions[at].result = result
    act(.rest(txID: id.hex))
    try lend(at)
  }

  /// The leg lies on chain once its transaction does. One without effect decides nothing before it is solid: another
  /// block may yet hold it with effect.
  private mutating func lend(_ at: Int) throws {
    let index = try index(ofLeg: transactions[at].legID)
    guard transactions[at].effect == true, transactions[at].purpose == .delegate, legs[index].state == .signed else {
      return
    }
    legs[index].state = .inBlock
    legs[index].blockNumber = transactions[at].blockNumber
    legs[index].blockTimeMs = transactions[at].blockTimeMs
    try count(index, true)
  }

  /// Its block was read once more and says this.
  mutating func corrected(_ id: TransactionID, result: String) throws {
    let at = try index(ofTransaction: id)
    guard transactions[at].state == .inBlock, transactions[at].result != result, let block = transactions[at].blockID,
      let timeMs = transactions[at].blockTimeMs
    else { return }
    try reverted(id)
    try inBlock(id, block: block, timeMs: timeMs, result: result)
  }

  /// A reorganisation took its block away. The same bytes are sent again.
  mutating func reverted(_ id: TransactionID) throws {
    let at = try index(ofTransaction: id)
    guard transactions[at].state == .inBlock else { return }
    transactions[at].state = .signed
    transactions[at].blockNumber = nil
    transactions[at].blockID = nil
    transactions[at].blockTimeMs = nil
    transactions[at].result = nil
    act(.send(txID: id.hex))
    let index = try index(ofLeg: transactions[at].legID)
    if transactions[at].purpose == .reclaim {
      // Figures read meanwhile offer sun that is lent again until the bytes are in a block once more.
      try reserve(index)
    }
    guard transactions[at].purpose == .delegate, legs[index].state == .inBlock else { return }
    legs[index].state = .signed
    legs[index].blockNumber = nil
    legs[index].blockTimeMs = nil
    try count(index, false)
    try reserve(index)
  }

  /// Its block is solid. `fee` and `result`, nil for success, are of the receipt: it decides where the block does not
  /// say. Where the two contradict each other nothing is decided.
  mutating func solid(_ id: TransactionID, fee: Sun, result: String?, terms: Terms) throws {
    let at = try index(ofTransaction: id)
    guard transactions[at].state == .inBlock else { return }
    let isSuccess = result == nil
    guard (transactions[at].effect ?? isSuccess) == isSuccess else {
      let said = transactions[at].result ?? "SUCCESS"
      throw TransientFailure("the block of transaction \(id) says \(said), its receipt \(result ?? "SUCCESS")")
    }
    transactions[at].fee = fee
    transactions[at].result = result ?? "SUCCESS"
    delegation.cost = try delegation.cost.adding(fee)
    let purpose = transactions[at].purpose
    guard isSuccess else {
      let note = "in a solid block without effect: \(transactions[at].result ?? "")"
      return try died(id, note: note, as: .fails(.chainRefused), terms)
    }
    try lend(at)
    transactions[at].state = .solid
    let index = try index(ofLeg: transactions[at].legID)
    switch purpose {
    case .delegate:
      guard legs[index].state == .inBlock else { return }
      legs[index].state = .solid
    case .reclaim:
      guard legs[index].state == .reclaiming else { return }
      try unreserve(index)
      try count(index, false)
      legs[index].state = .reclaimed
      try refreshSoon(legs[index].supplier, terms.now)
    }
  }

  /// Every node that got it refused it for good.
  mutating func refused(_ id: TransactionID, _ rejection: Rejection, _ terms: Terms) throws {
    let leg = legs[try index(ofLeg: transactions[try index(ofTransaction: id)].legID)]
    try died(
      id, note: "\(rejection.code): \(rejection.message)",
      as: .of(rejection, owner: leg.supplier), terms)
  }

  /// It can never take effect.
  mutating func died(_ id: TransactionID, note: String, as death: RejectionMeaning, _ terms: Terms) throws {
    let at = try index(ofTransaction: id)
    switch transactions[at].state {
    case .signed, .inBlock: break
    case .dead, .solid: return
    }
    transactions[at].state = .dead
    transactions[at].note = note
    let index = try index(ofLeg: transactions[at].legID)
    switch transactions[at].purpose {
    case .delegate:
      try bury(index, note: note)
      switch death {
      case .buildAnew: break
      case .otherWallet:
        try changeWallet(legs[index].supplier) {
          $0.avoidUntil = terms.now.addingTimeInterval(terms.limits.avoidance.timeInterval)
          // The chain knows better than the last figures, all of them.
          $0.refreshAt = terms.now
          $0.accountAt = nil
        }
      case .fails(let failure):
        if delegation.failure == nil { delegation.failure = failure }
      }
    case .reclaim:
      guard legs[index].state == .reclaiming else { return }
      legs[index].state = .solid
      legs[index].reclaimTxID = nil
      act(.reclaim(legID: legs[index].id, after: reclaimPause(legs[index].id)))
    }
  }

  /// The chain no longer holds what a leg lent: someone else took it back.
  mutating func takenBackElsewhere(_ legID: String, note: String) throws {
    let index = try index(ofLeg: legID)
    guard legs[index].state == .solid || legs[index].state == .reclaiming else { return }
    try unreserve(index)
    try count(index, false)
    legs[index].state = .reclaimed
    legs[index].note = note
  }

  // MARK: - Asked by order-svc

  /// Stops delivery. `unsent` are transactions of which no byte ever left: no sending row exists, and none can be
  /// written once they are dead.
  mutating func withdraw(unsent: Set<TransactionID>, _ terms: Terms) throws {
    delegation.isWithdrawn = true
    guard delegation.state == .planned || delegation.state == .submitted else { return }
    for transaction in transactions
    where transaction.state == .signed && transaction.purpose == .delegate && unsent.contains(transaction.id) {
      try died(transaction.id, note: "withdrawn before it was sent", as: .buildAnew, terms)
    }
  }

  /// The end is known: every leg is taken back then. Refuses an end that cuts the customer's time short (I12).
  /// - Parameter pause: until chain time can have come so far.
  mutating func end(at endsAtMs: Int64, after pause: Duration = .zero) throws {
    guard delegation.state == .final, let startedAtMs = delegation.startedAtMs else {
      throw InvariantViolation(
        "order \(delegation.id) is \(delegation.state.rawValue); only a final delegation can be ended")
    }
    guard endsAtMs >= startedAtMs + delegation.durationSeconds * 1000 else {
      throw InvariantViolation(
        "order \(delegation.id) would end at \(endsAtMs), before \(startedAtMs) + \(delegation.durationSeconds) s")
    }
    delegation.endsAtMs = endsAtMs
    delegation.state = .reclaiming
    for leg in legs where leg.state == .solid { reclaimOnce(leg.id, after: pause) }
  }

  /// Something speaks for other figures than the last: reads them soon, but not for every order of a busy wallet.
  mutating func refreshSoon(_ supplier: TronAddress, _ now: Date) throws {
    let wallets = wallets.values.count { $0.isEnabled }
    try changeWallet(supplier) { $0.refreshAt = FigurePace.next($0, wallets: wallets, now: now) }
  }

  /// Doubles with every reclaim of the leg that died, up to five minutes; it is tried for ever.
  private func reclaimPause(_ legID: String) -> Duration {
    let deaths = transactions.count { $0.legID == legID && $0.purpose == .reclaim && $0.state == .dead }
    return .seconds(min(300, 1 << min(deaths, 9)))
  }
}
