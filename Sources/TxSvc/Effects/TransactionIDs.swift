import BusKit
import TronKit

/// The ids of all transactions that were ever signed.
enum TransactionIDs {
  /// Those of these that exist.
  static func taken(_ ids: Set<TransactionID>, _ bus: Bus) async throws -> [TransactionID: Bool] {
    try await bus.lookUp { session in
      let found = try session.execute(
        "select id from transactions where id = any($1)", [.textArray(ids.map(\.hex).sorted())])
      return try found.rows.reduce(into: [:]) { $0[try TransactionID(hex: try $1.string("id"))] = true }
    }
  }
}
