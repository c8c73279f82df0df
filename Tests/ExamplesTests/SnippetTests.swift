import Foundation
import Testing

/// The document shows compiled code: each of its Swift snippets stands in an example or its test.
struct SnippetTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A snippet may leave lines out with a line `// …`; what is between is found in one file, in this order.
  private static let gap = "// …"

  private static func lines(_ path: String) throws -> [String] {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: true)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  private static func sources() throws -> [[String]] {
    try ["Examples/BusKit", "Examples/TronKit", "Tests/ExamplesTests"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path())
        .filter { $0.hasSuffix(".swift") }.map { try lines("\(folder)/\($0)") }
    }
  }

  private static func snippets(_ path: String) throws -> [[String]] {
    var (snippets, current): ([[String]], [String]?) = ([], nil)
    for line in try lines(path) {
      if let open = current {
        if line == "```" {
          snippets.append(open)
          current = nil
        } else {
          current?.append(line)
        }
      } else if line == "```swift" {
        current = []
      }
    }
    return snippets
  }

  static func stands(_ snippet: [String], in source: [String]) -> Bool {
    var rest = source[...]
    for part in snippet.split(separator: gap) {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }

  @Test(arguments: ["docs/bus.md", "docs/tronkit.md"]) func everySnippetIsCompiledCode(_ document: String) throws {
    let sources = try Self.sources()
    let snippets = try Self.snippets(document)
    #expect(snippets.count >= 10)
    for snippet in snippets {
      #expect(
        sources.contains { Self.stands(snippet, in: $0) },
        "\(document) shows code that no example has; copy it anew:\n\(snippet.joined(separator: "\n"))")
    }
  }

  @Test func whatIsChangedIsNoticed() {
    #expect(Self.stands(["b", "// …", "d"], in: ["a", "b", "c", "d"]))
    #expect(!Self.stands(["b", "d"], in: ["a", "b", "c", "d"]))
    #expect(!Self.stands(["d", "// …", "b"], in: ["a", "b", "c", "d"]))
  }
}
