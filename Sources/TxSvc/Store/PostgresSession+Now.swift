import BusKit
import Foundation
import Postgres

extension PostgresSession {
  /// Postgres' time at this moment: the clock by which leases, ages and deadlines are judged.
  func now() throws -> Date {
    guard let now = try execute("select clock_timestamp() as now").rows.first?.date("now") else {
      throw TransientFailure("Postgres did not tell its time")
    }
    return now
  }
}
