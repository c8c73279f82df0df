import Testing

/// The six services, by the names of their programs.
enum ServiceKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case gateway
  case session = "session-svc"
  case wallet = "wallet-svc"
  case order = "order-svc"
  case tx = "tx-svc"
  case monitor = "monitor-svc"

  var program: String { rawValue }
  /// Its Postgres schema and role.
  var schema: String { rawValue.replacing("-", with: "_") }
  var testDescription: String { rawValue }
}
