/// One step of a schema's history. Once released it never changes: a later step corrects it.
public struct Migration: Sendable {
  /// Starts at 1 and grows without being reused.
  public let version: Int
  /// For people.
  public let name: String
  /// Any number of statements; unqualified names land in the component's schema.
  public let sql: String

  public init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }
}
