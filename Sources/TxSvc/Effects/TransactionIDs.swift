import BusKit
import TronKit

/// The ids of all transactions that were ever signed.
enum TransactionIDs {
  static func isTaken(_ id: TransactionID, _ bus: Bus) async throws -> Bool {
    try await bus.lookUp { try !$0.execute("select 1 from transactions where id = $1", [.text(id.hex)]).rows.isEmpty }
  }
}
