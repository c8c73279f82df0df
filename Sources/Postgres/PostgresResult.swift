/// What a statement brought back.
public struct PostgresResult: Sendable {
  /// In the server's order; empty for statements that return none.
  public let rows: [PostgresRow]
  /// Rows inserted, updated, deleted or selected.
  public let affected: Int
}
