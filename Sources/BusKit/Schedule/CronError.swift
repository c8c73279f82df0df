/// Why an expression was refused.
public struct CronError: Error, Sendable, Equatable, CustomStringConvertible {
  /// `minute`, `hour`, `day of month`, `month`, `day of week`, `time zone`, or `expression` for the whole.
  public let field: String
  /// What was found there.
  public let value: String
  /// What is allowed there.
  public let allowed: String

  public var description: String { "cron \(field) '\(value.prefix(CronExpression.lengthMax))': \(allowed)" }
}
