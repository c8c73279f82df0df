import Foundation
import Testing

/// Each setting that docs/configuration.md promises reaches its service in the containers, too.
struct SettingsTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let services = ["gateway", "session-svc", "wallet-svc", "order-svc", "tx-svc", "monitor-svc"]

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Between two texts, the first included.
  private static func part(of text: String, from start: String, to end: String) throws -> Substring {
    let begin = try #require(text.range(of: start), "'\(start)' is not there")
    let close = text.range(of: end, range: begin.upperBound..<text.endIndex)
    return text[begin.lowerBound..<(close?.lowerBound ?? text.endIndex)]
  }

  /// A setting and who reads it, as the table has it.
  private static func promises() throws -> [(name: String, reader: String)] {
    let table = try part(of: text("docs/configuration.md"), from: "## The table", to: "\n## ")
    var found: [(name: String, reader: String)] = []
    for row in table.split(separator: "\n") where row.hasPrefix("| `ENERGY_") {
      let cells = row.split(separator: "|").map(String.init)
      let readers = try #require(cells.dropFirst().first)
      for name in cells[0].matches(of: /ENERGY_[A-Z_]+/).map(\.output) {
        for service in services + ["energyctl"] {
          let isReader = readers.contains(service) || (readers.contains("all six") && service != "energyctl")
          if isReader { found.append((String(name), service)) }
        }
      }
    }
    return found
  }

  @Test func composePassesOnEverySettingOfTheDocument() throws {
    let compose = try Self.text("compose/compose.yaml")
    let shared = try Self.part(of: compose, from: "\nx-environment:", to: "\nservices:")
    let promises = try Self.promises()
    #expect(promises.count > 100)
    for (name, reader) in promises {
      let own = try Self.part(of: compose, from: "\n  \(reader):\n", to: "\n\n")
      let isPassedOn = own.contains(" \(name):") || shared.contains(" \(name):")
      #expect(isPassedOn, "compose.yaml does not give \(name) to \(reader)")
    }
  }
}
