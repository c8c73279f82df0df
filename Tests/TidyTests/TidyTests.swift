import Foundation
import Testing

/// The rules of the house, kept by machine. A rule that a file has to break is listed with the reason.
struct TidyTests {
  /// Test data and generated text are not written by hand.
  private static let generated = ["Vectors/", ".html"]

  @Test func noFileIsLongerThanFourHundredLines() throws {
    for file in try SourceFile.all() where !Self.generated.contains(where: file.path.contains) {
      let count = file.lines.count
      #expect(count <= 400, "\(file.path) has \(count) lines: what second thing has it begun to do?")
    }
  }

  @Test func noLineIsWiderThan120Columns() throws {
    for file in try SourceFile.all() where !Self.generated.contains(where: file.path.contains) {
      for (number, line) in file.lines.enumerated() {
        #expect(line.count <= 120, "\(file.path):\(number + 1) has \(line.count) columns")
      }
    }
  }

  /// What ends a process, and what stands for unfinished work.
  @Test(arguments: [
    ("try!", "handle the error"), ("fatalError(", "throw instead"), ("assertionFailure(", "throw instead"),
    ("as!", "cast with as? and say what was found"), ("TODO", "do it, or write down the limit"),
    ("FIXME", "mend it, or write down the limit"),
  ]) func sourcesDoWithout(_ word: String, _ remedy: String) throws {
    for file in try SourceFile.all() where !file.path.hasPrefix("Tests/TidyTests/") {
      for (number, line) in file.lines.enumerated() where line.contains(word) {
        let isFound = line.firstMatch(of: try Regex("(^|[^A-Za-z])" + Self.escaped(word))) != nil
        #expect(!isFound, "\(file.path):\(number + 1): \(line.trimmingCharacters(in: .whitespaces)); \(remedy)")
      }
    }
  }

  private static func escaped(_ word: String) -> String { word.replacing("(", with: "\\(") }

  /// Only programs that people start write to their terminal.
  private static let programs = [
    "Sources/EnergyCtl/", "Sources/TelegramSim/", "Sources/TronSim/", "Benchmarks/", "Tests/",
  ]

  @Test func onlyProgramsPrint() throws {
    for file in try SourceFile.all() where !Self.programs.contains(where: file.path.hasPrefix) {
      for (number, line) in file.lines.enumerated() where line.contains("print(") {
        let isFound = line.firstMatch(of: #/(^|[\s{(])print\(/#) != nil && !SourceFile.isComment(line)
        #expect(!isFound, "\(file.path):\(number + 1) prints; log it instead")
      }
    }
  }

  /// What the compiler does not check is explained by a sentence above it.
  @Test func whatIsUncheckedIsExplained() throws {
    for file in try SourceFile.all() where file.path.hasPrefix("Sources/") {
      for (number, line) in file.lines.enumerated()
      where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
        guard !SourceFile.isComment(line) else { continue }
        let above = file.lines[max(0, number - 8)..<number]
        let isExplained = above.contains { $0.contains("Safe because") || $0.contains("Safety:") }
        #expect(isExplained, "\(file.path):\(number + 1): say why it is safe, in a comment that begins 'Safe because'")
      }
    }
  }

  @Test func noTestIsSkipped() throws {
    for file in try SourceFile.all() where file.path.hasPrefix("Tests/") && !file.path.hasPrefix("Tests/TidyTests/") {
      for (number, line) in file.lines.enumerated() {
        let isFound = line.contains(".disabled(") || line.contains("withKnownIssue") || line.contains("XCTSkip")
        #expect(!isFound, "\(file.path):\(number + 1) skips a test")
      }
    }
  }

  /// Of the libraries that others may take: everything public says what it means.
  @Test(arguments: [
    "Sources/BusKit/", "Sources/Redis/", "Sources/Postgres/", "Sources/BusKitTesting/", "Sources/TronKit/Address/",
    "Sources/TronKit/Amounts/", "Sources/TronKit/Keys/", "Sources/TronKit/Token/", "Sources/TronKit/Transaction/",
  ])
  func whatIsPublicIsDocumented(_ library: String) throws {
    let missing = try SourceFile.all().filter { $0.path.hasPrefix(library) }.flatMap { try $0.undocumented() }
    #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
  }
}
