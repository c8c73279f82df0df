import Foundation

/// A Swift file of the repository, as text.
struct SourceFile: Sendable {
  /// From the repository's root.
  let path: String
  let lines: [String]

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let folders = ["Sources", "Tests", "Examples", "Benchmarks"]

  /// Read once for all rules.
  private static let files = Result { try read() }
  static func all() throws -> [SourceFile] { try files.get() }

  private static func read() throws -> [SourceFile] {
    let paths = try folders.flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path()).map { "\(folder)/\($0)" }
    }
    return try paths.filter { $0.hasSuffix(".swift") && !$0.contains("/.") }.sorted().map { path in
      let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return SourceFile(path: path, lines: lines.map(String.init))
    }
  }

  static func isComment(_ line: String) -> Bool {
    line.trimmingCharacters(in: .whitespaces).hasPrefix("//")
  }

  /// Public declarations without a comment. What a protocol of the library or the standard library asks for is
  /// explained there.
  func undocumented() throws -> [String] {
    try lines.indices.compactMap { index in
      let line = lines[index]
      guard line.contains("public "), try Self.declares(line), try !isExplainedElsewhere(line),
        !Self.isDocumented(index, lines)
      else { return nil }
      return "\(path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))"
    }
  }

  private static let modifiers =
    "(static |final |indirect |nonisolated |mutating |private\\(set\\) |internal\\(set\\) )*"
  private static let kinds = "(class|struct|enum|protocol|actor|func|var|let|subscript|case)"

  private static func declares(_ line: String) throws -> Bool {
    line.contains(try Regex("^ *public \(modifiers)\(kinds) "))
  }

  /// Names that everybody knows, and those that a protocol of the library asks for.
  private static let known = [
    "func (encode\\(to|hash\\(into|==|<)",
    "(let|var) (description|debugDescription|customMirror|messageKey|subject)\\b",
    "static (let|var) (messageType|topic|kind|table|keyColumn)\\b", "func run\\(_ work: Work, next",
  ]

  /// What `Broker` asks of both brokers is explained there.
  private static let brokers = ["Sources/BusKit/Broker/Memory/", "Sources/BusKit/Broker/Redis/"]
  private static let asked =
    "(func (publish|subscribe|follow|beat|isAlive|leave|memory|length|bury|remove|state|peek|deadLetters|replayDead"
    + "|purgeDead|isOutage|close)\\(|var (features|generation)\\b)"

  private func isExplainedElsewhere(_ line: String) throws -> Bool {
    if try Self.known.contains(where: { line.contains(try Regex($0)) }) { return true }
    return Self.brokers.contains(where: path.hasPrefix) ? line.contains(try Regex(Self.asked)) : false
  }

  private static func isDocumented(_ index: Int, _ lines: [String]) -> Bool {
    var above = index - 1
    while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
    return above >= 0 && lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("///")
  }
}
