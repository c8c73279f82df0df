import BusKit
import Foundation
import Postgres
import TronKit

extension RecordComparison {
  /// By block, transactions whose fee a watched address has paid and that were not told.
  func missingOwn(in blocks: [ChainBlock]) async throws -> [Int64: [String]] {
    let acts = blocks.flatMap { block in
      world.deposits.moves(in: block, receipts: []).acts.compactMap { act in
        act.payer.map { (number: block.number, id: act.id.hex, payer: $0.base58) }
      }
    }
    guard !acts.isEmpty else { return [:] }
    let (watched, known) = try await bus.lookUp { session in
      let watched = try session.execute(
        "select address, from_block from watched_addresses where address = any($1)",
        [.textArray(Set(acts.map(\.payer)).sorted())]
      ).rows.map { (try $0.string("address"), try $0.int("from_block")) }
      let byAddress = Dictionary(watched) { first, _ in first }
      let ids = acts.filter { byAddress[$0.payer] != nil }.map(\.id)
      let known = try session.execute(
        "select id from own_transactions where id = any($1) union select id from transactions where id = any($1)",
        [.textArray(ids)]
      ).rows.map { try $0.string("id") }
      return (byAddress, Set(known))
    }
    var missing: [Int64: [String]] = [:]
    for act in acts where !known.contains(act.id) {
      guard let from = watched[act.payer], from <= act.number else { continue }
      missing[act.number, default: []].append(act.id)
    }
    return missing
  }
}
