/// What a statement brought back.
public struct PostgresResult: Sendable {
  public let rows: [PostgresRow]
  /// Rows inserted, updated, deleted or selected.
  public let affected: Int
}
