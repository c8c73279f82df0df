import BusKit
import Postgres

extension PostgresResult {
  func decoded<R: Row>(_ type: R.Type) throws -> [R] {
    try rows.map { try PostgresRowDecoder().decode(type, from: $0) }
  }
}
