import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// What a wallet lends to a receiver, by our books and on chain. Delegations of a pair are fungible (I11): whether one
/// leg's sun still lies there shows only in the sum of all.
struct LentPair: Sendable, Equatable {
  /// What the chain lends, in sun, while some of it can only be this leg's.
  struct Sight: Sendable, Equatable, CustomStringConvertible {
    /// In solid state.
    let total: Int128
    /// Unlocked both in solid state and at the head.
    let takeable: Int128
    /// What is in a later block was not in that solid state yet.
    let solidBlock: Int64

    var description: String { "\(total) sun, \(takeable) of it can be taken back" }
  }

  let leg: Leg
  let receiver: TronAddress
  /// The pair's other live legs, of whatever order: those that name whom they are lent to.
  let others: [Leg]

  /// Its order is that of legs_lent_to. In the order of their ids Postgres may walk all legs there ever were.
  static let othersStatement =
    "select * from legs where lent_to = any($1) and supplier = $2 and id <> $3 order by lent_to"

  /// - Throws: what Postgres throws. Read again after the chain was asked: a pair that differs then was moving.
  static func read(_ leg: Leg, _ receiver: TronAddress, _ bus: Bus) async throws -> LentPair {
    let others = try await bus.lookUp { session in
      try session.execute(
        othersStatement, [.textArray([receiver.base58]), .text(leg.supplier.base58), .text(leg.id)]
      ).decoded(Leg.self)
    }
    return LentPair(leg: leg, receiver: receiver, others: others.sorted { $0.id < $1.id })
  }

  /// A leg on its way there or back: until it has arrived a sum proves no absence.
  var moving: Leg? { others.first { $0.state != .solid && $0.state != .planned } }

  /// What certainly lies there for other legs.
  var owed: Int128 { others.filter { $0.state == .solid }.reduce(0) { $0 + Int128($1.stake.value) } }

  /// What lies there when nothing is missing: this leg's sun and all that may lie there for others. With less, taking
  /// this leg back could take another's sun before its end.
  /// - Parameter solidBlock: a solid head that was read after the sum.
  func whole(asOf solidBlock: Int64) -> Int128 {
    others.filter { other in
      switch other.state {
      case .planned: false
      case .inBlock: other.blockNumber.map { $0 <= solidBlock } ?? true
      default: true
      }
    }.reduce(Int128(leg.stake.value)) { $0 + Int128($1.stake.value) }
  }

  /// Absent: the solid state of every witness, later than the blocks of all these legs, holds nothing beyond what the
  /// others account for. One empty answer is not enough: a gateway may tell the head of one server and search in
  /// another.
  /// - Throws: `TronNodeError` when no node answers, or `CancellationError`.
  func search(_ nodes: TronNodePool) async throws -> Presence<Sight> {
    let times = ([leg] + others.filter { $0.state == .solid }).map(\.blockTimeMs)
    guard let latest = times.compactMap(\.self).max(), !times.contains(nil) else {
      return .unknown(reason: "the block of a leg from \(leg.supplier) to \(receiver) is not known")
    }
    let (from, to, owed) = (leg.supplier, receiver, owed)
    return try await nodes.presence(proof: .solidAfter(latest)) { node in
      let solid = try await node.delegatedResource(from: from, to: to, solid: true)
      let unlocked = Int128(solid.unlocked.energy.value)
      let total = unlocked + Int128(solid.locked.energy.value)
      guard total > owed else { return nil }
      let solidBlock = try await node.solidHead().number
      let head = try await node.delegatedResource(from: from, to: to)
      return Sight(
        total: total, takeable: min(unlocked, Int128(head.unlocked.energy.value)), solidBlock: solidBlock)
    }
  }
}
