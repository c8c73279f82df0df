import BusKit
import Contracts
import Foundation
import TronKit

/// What an operator may do to an order. Only what a stuck effect would have done, or what the chain has been seen to
/// show: no money and no promise moves otherwise.
extension DelegationCase {
  /// Starts the work of every leg again from where it stands. Effects look before they act: what another one does
  /// already is not done twice, and nothing is signed that may still take effect (I10).
  /// - Returns: what was started, in words; empty: nothing is due.
  mutating func startAgain() -> [String] {
    let isEnding = delegation.state == .reclaiming || delegation.state == .failing
    var started: [String] = []
    for leg in legs {
      switch leg.state {
      case .planned:
        act(.prepare)
        started.append("leg \(leg.number) is checked and signed")
      case .signed, .reclaiming:
        guard let id = leg.state == .signed ? leg.txID : leg.reclaimTxID,
          transactions.contains(where: { $0.id == id && $0.state == .signed })
        else { continue }
        act(.send(txID: id.hex))
        started.append("leg \(leg.number): transaction \(id) is sent or settled")
      case .solid where isEnding:
        act(.reclaimByHand(legID: leg.id))
        started.append("leg \(leg.number) is taken back when its time has come")
      // A block holds it, and the follower decides; or nothing is due.
      case .inBlock, .solid, .reclaimed, .dead: continue
      }
    }
    return started
  }

  /// The transaction that may decide this leg's fate; nil: none is on its way.
  func pending(_ leg: Leg) -> StoredTransaction? {
    let id = leg.state == .reclaiming ? leg.reclaimTxID : leg.txID
    return transactions.first { $0.id == id && ($0.state == .signed || $0.state == .inBlock) }
  }

  /// A delegation that was settled as dead is on chain after all: its leg counts again as lent, and is taken back like
  /// any other. Only of an order that has ended, so that no customer's time is cut short (I12).
  mutating func revive(_ id: TransactionID, blockNumber: Int64, timeMs: Int64) throws {
    let at = try index(ofTransaction: id)
    let index = try index(ofLeg: transactions[at].legID)
    guard transactions[at].state == .dead, transactions[at].purpose == .delegate, legs[index].state == .dead else {
      throw InvariantViolation("transaction \(id) is \(transactions[at].state.rawValue): there is nothing to revive")
    }
    switch delegation.state {
    case .failed, .failing: delegation.state = .failing
    case .reclaimed, .reclaiming: delegation.state = .reclaiming
    case .planned, .submitted, .confirmed, .final:
      throw InvariantViolation("order \(delegation.id) is \(delegation.state.rawValue): it has not ended")
    }
    transactions[at].state = .solid
    transactions[at].blockNumber = blockNumber
    transactions[at].blockTimeMs = timeMs
    legs[index].state = .solid
    legs[index].txID = id
    legs[index].blockNumber = blockNumber
    legs[index].blockTimeMs = timeMs
    legs[index].note = "it was settled as dead and is on chain"
    try count(index, true)
    reclaimOnce(legs[index].id)
  }

  /// A solid block holds it with effect.
  mutating func foundSolid(_ id: TransactionID, block: BlockID, timeMs: Int64, fee: Sun, _ terms: Terms) throws {
    try inBlock(id, block: block, timeMs: timeMs, result: "SUCCESS")
    try solid(id, fee: fee, result: nil, terms: terms)
  }
}

extension Leg {
  /// From 1; the end of its id.
  var number: Int { Int(id.split(separator: "/").last ?? "") ?? 0 }
}
