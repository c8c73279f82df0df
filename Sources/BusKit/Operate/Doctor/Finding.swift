/// What the doctor found about one thing, and what to do.
public struct Finding: Codable, Sendable, Equatable {
  /// How bad it is.
  public enum Level: String, Codable, Sendable, Comparable {
    case ok, note, warning, critical

    public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
    private var rank: Int {
      switch self {
      case .ok: 0
      case .note: 1
      case .warning: 2
      case .critical: 3
      }
    }
  }

  /// A stable word for programs, e.g. `append_only`.
  public let check: String
  /// How bad it is.
  public let level: Level
  /// Of which topic, group or service; empty: of the whole.
  public let subject: String
  /// What was seen, with its value.
  public let detail: String
  /// One sentence; empty when there is nothing to do.
  public let remedy: String

  public init(_ check: String, _ level: Level, _ subject: String = "", _ detail: String, remedy: String = "") {
    self.check = check
    self.level = level
    self.subject = subject
    self.detail = detail
    self.remedy = remedy
  }
}
