import Foundation

/// A Swift file of the repository, as text.
struct SourceFile: Sendable {
  /// From the repository's root.
  let path: String
  let lines: [String]

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let folders = ["Sources", "Tests", "Examples", "Benchmarks"]

  static func all() throws -> [SourceFile] {
    let paths = try folders.flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path()).map { "\(folder)/\($0)" }
    }
    return try paths.filter { $0.hasSuffix(".swift") && !$0.contains("/.") }.sorted().map { path in
      let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
      return SourceFile(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }

  static func isComment(_ line: String) -> Bool {
    line.trimmingCharacters(in: .whitespaces).hasPrefix("//")
  }

  /// Public declarations without a comment. What a protocol of the library or the standard library asks for is
  /// explained there.
  var undocumented: [String] {
    lines.indices.compactMap { index in
      let line = lines[index]
      guard line.firstMatch(of: Self.declaration) != nil, line.firstMatch(of: Self.explainedElsewhere) == nil else {
        return nil
      }
      return Self.isDocumented(index, lines) ? nil : "\(path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))"
    }
  }

  nonisolated(unsafe) private static let declaration =
    #/^\s*public (static |final |indirect |nonisolated |mutating |private\(set\) |internal\(set\) )*(class|struct|enum|protocol|actor|func|var|let|subscript|case) /#

  nonisolated(unsafe) private static let explainedElsewhere =
    #/func (encode\(to|hash\(into|[<=]= ?\(|< ?\(|run\(_ work: Work, next)|var (description|debugDescription|customMirror|messageKey|subject|errorDescription)\b|static (let|var) (messageType|topic|kind|table|keyColumn)\b/#

  private static func isDocumented(_ index: Int, _ lines: [String]) -> Bool {
    var above = index - 1
    while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
    return above >= 0 && lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("///")
  }
}
