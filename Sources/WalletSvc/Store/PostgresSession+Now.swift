import BusKit
import Foundation
import Postgres

extension PostgresSession {
  /// The time of the transaction, or of the statement where there is none: what ages are judged by.
  func now() throws -> Date {
    guard let row = try execute("select now() as now").rows.first else {
      throw InvariantViolation("Postgres did not tell its time")
    }
    return try row.date("now")
  }
}
