import BusKit
import Contracts
import Postgres
import TronKit

/// What is asked of our tables about a block before the transaction that takes it down. None of it may change between
/// the two in a way that matters: wallets of the pool come by operators, transactions are stored before they leave, and
/// what only is counted may be a little off.
struct OursInBlock: Sendable {
  /// Addresses of ours that need not be watched.
  var suppliers: Set<TronAddress> = []
  /// Delegations and reclaims that were signed here: told by their orders.
  var signedHere: Set<TransactionID> = []
  /// Those that concern a watched address.
  var decoys: [BlockMoves.Decoy.Kind: Int] = [:]

  static func read(_ moves: BlockMoves, _ bus: Bus) async throws -> OursInBlock {
    guard !moves.transfers.isEmpty || !moves.acts.isEmpty || !moves.decoys.isEmpty else { return OursInBlock() }
    return try await bus.lookUp { session in
      var ours = OursInBlock()
      ours.suppliers = Set(
        try session.execute("select address from supplier_wallets").rows.map {
          try TronAddress(parsing: $0.string("address"))
        })
      let candidates = moves.acts.filter { $0.payer.map(ours.suppliers.contains) ?? false }.map(\.id.hex)
      if !candidates.isEmpty {
        ours.signedHere = Set(
          try session.execute("select id from transactions where id = any($1)", [.textArray(candidates)]).rows.map {
            try TransactionID(hex: $0.string("id"))
          })
      }
      let parties = Set(moves.decoys.flatMap(\.parties).map(\.base58)).sorted()
      if !parties.isEmpty {
        let watched = Set(
          try session.execute("select address from watched_addresses where address = any($1)", [.textArray(parties)])
            .rows.map { try $0.string("address") })
        for decoy in moves.decoys where decoy.parties.contains(where: { watched.contains($0.base58) }) {
          ours.decoys[decoy.kind, default: 0] += 1
        }
      }
      return ours
    }
  }
}
